//! The built component: its exports, its sandbox, its connection phase.

pub(crate) mod exchanges;
pub(crate) mod exports;
pub(crate) mod handshake_properties;
pub(crate) mod sandbox;
