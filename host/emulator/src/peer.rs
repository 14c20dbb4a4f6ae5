//! The peer of a connection.

use std::net::SocketAddr;

/// The client of a connection.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    pub(super) connection_id: u32,
    pub(super) address: SocketAddr,
    /// The emulator's port, which tokens are signed for.
    pub(super) port: u16,
}
