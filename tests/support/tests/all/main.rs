//! Tests of the fixtures that other tests rely on.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod accounts;
mod client;
mod fake_lambda_runtime;
mod faults;
mod lifetime;
mod other_clients;
mod script;
mod tls;
mod tokens;
