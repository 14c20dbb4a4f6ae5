//! The servers and peers of the integration tests. Each is created at run time and removed when the test ends.
//!
//! | module | contents |
//! |---|---|
//! | [`server`] | a MySQL or MariaDB server for one test, which checks IAM tokens as RDS does |
//! | [`on_each_server!`] | runs a test on both products |
//! | [`expectation`] | which tokens that server accepts |
//! | [`certificates`] | a certificate authority, and servers' certificates, valid and invalid |
//! | [`fault_proxy`] | a faulty network |
//! | [`acceptor`] | a listener that closes its connections when it is dropped |
//! | [`scripted_peer`] | a peer that sends what a script contains |
//! | [`tls_peer`] | a hostile server: the same after the login, inside TLS |
//! | [`server_packets`] | packets for the script of such a server |
//! | [`fake_lambda_runtime`] | a fake of AWS Lambda's Runtime API |
//! | [`fake_function_url`] | a fake of a Function URL: HTTP for the events of a function's process |
//! | [`lambda_function`] | a function's process, started as Lambda starts it, with that fake as its Runtime API |
//! | [`original_function`] | the Lambda function in Python that rds-bridge replaces |
//! | [`python`] | the Python that has botocore, boto3 and PyMySQL |
//! | [`node`] | Node with mysql2 |
//!
//! Everything panics on failure, which fails the test.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "for tests: to panic is how they fail"
)]

pub use each_server::{case_of, on_each_server};
// The macro of `template` needs this import here.
pub use rstest_reuse;

pub mod acceptor;
pub mod certificates;
mod each_server;
pub mod expectation;
pub mod fake_function_url;
pub mod fake_lambda_runtime;
pub mod fault_proxy;
mod http_server;
pub mod lambda_function;
pub mod node;
pub mod original_function;
pub mod python;
pub mod scripted_peer;
pub mod server;
pub mod server_packets;
pub mod tls_peer;
pub mod turn_counter;
