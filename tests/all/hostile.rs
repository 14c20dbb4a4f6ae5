//! Servers that violate the protocol.

pub(crate) mod binary;
pub(crate) mod properties;
pub(crate) mod text;
