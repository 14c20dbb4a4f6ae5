//! Every test that is not of one file alone.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test: to panic is how it fails"
)]

mod command;
mod component;
mod exchanges;
mod handshake_properties;
mod sandbox;
mod setup_command;
mod sigv4_oracle;
mod token_properties;
mod token_vectors;
mod vectors;
