//! The built component: its exports, its sandbox, its connection phase.

pub(crate) mod both_sides;
mod composed;
pub(crate) mod exchanges;
pub(crate) mod exports;
pub(crate) mod handshake_properties;
pub(crate) mod sandbox;
pub(crate) mod server_errors;
pub(crate) mod server_exchanges;
pub(crate) mod server_handshake_properties;
