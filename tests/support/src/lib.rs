//! What the integration tests talk to, all of it made at run time and gone with the test.
//!
//! | module | what it is |
//! |---|---|
//! | [`server`] | a MySQL or a MariaDB of the test's own, which checks IAM tokens as RDS does |
//! | [`on_each_server!`] | makes a test one on each of the two |
//! | [`expectation`] | what that server takes for a good token |
//! | [`certificates`] | a certificate authority, and servers' certificates, good and bad |
//! | [`fault_proxy`] | a network with faults |
//! | [`acceptor`] | a listener that takes its connections with it when it goes |
//! | [`scripted_peer`] | a peer that says what a script says |
//! | [`tls_peer`] | the same after the login, inside TLS: a hostile server |
//! | [`server_packets`] | what such a server's script is made of |
//! | [`fake_lambda_runtime`] | a fake of AWS Lambda's Runtime API |
//! | [`lambda_function`] | a function's process, started as Lambda starts it, at that fake |
//! | [`original_function`] | the function of those who come to us, in Python |
//! | [`python`] | the Python that has botocore, boto3 and PyMySQL |
//! | [`node`] | Node with mysql2 |
//!
//! All of it panics when it cannot do what it is asked to: that is how a test fails.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "for tests: to panic is how they fail"
)]

pub use each_server::{case_of, on_each_server};
// What `template` makes needs it here.
pub use rstest_reuse;

pub mod acceptor;
pub mod certificates;
mod each_server;
pub mod expectation;
pub mod fake_lambda_runtime;
pub mod fault_proxy;
pub mod lambda_function;
pub mod node;
pub mod original_function;
pub mod python;
pub mod scripted_peer;
pub mod server;
pub mod server_packets;
pub mod tls_peer;
pub mod turn_counter;
