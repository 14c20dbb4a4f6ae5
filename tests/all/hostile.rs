//! Servers that lie.

pub(crate) mod binary;
pub(crate) mod properties;
pub(crate) mod text;
