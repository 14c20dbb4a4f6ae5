//! Tokens, compared byte by byte with those of other implementations.

pub(crate) mod properties;
pub(crate) mod sigv4_oracle;
pub(crate) mod vectors;
