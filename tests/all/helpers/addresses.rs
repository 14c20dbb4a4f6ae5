//! Addresses of this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// An address that nothing listens on.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}
