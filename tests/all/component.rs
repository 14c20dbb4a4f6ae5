//! The component as it is built: what it exports, its sandbox, its handshake.

pub(crate) mod exchanges;
pub(crate) mod exports;
pub(crate) mod handshake_properties;
pub(crate) mod sandbox;
