//! Tokens, byte by byte, beside what others sign.

pub(crate) mod properties;
pub(crate) mod sigv4_oracle;
pub(crate) mod vectors;
