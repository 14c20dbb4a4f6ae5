//! The integration tests.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod command;
mod component;
mod connecting;
mod credentials;
mod emulator;
mod function;
mod gateway;
mod guests;
mod helpers;
mod hostile;
mod leaks;
mod proxy;
mod secrets;
mod sessions;
mod statements;
mod tokens;
mod topology;
