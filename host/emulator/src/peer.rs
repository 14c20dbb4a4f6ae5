//! The peer of a connection.

use std::net::SocketAddr;

/// The peer of a connection.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    pub(super) connection_id: u32,
    pub(super) address: SocketAddr,
    /// The emulator's, for which tokens are signed.
    pub(super) port: u16,
}
