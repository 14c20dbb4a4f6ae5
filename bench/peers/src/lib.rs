//! Benchmarks of rds-bridge and its peers, on a MySQL or MariaDB server (`--server`) over TLS, with a plugin that
//! verifies tokens as RDS does.
//!
//! | program | measures |
//! |---|---|
//! | `connect` | connections a second, the client's CPU time for each, and the component's share |
//! | `rows` | long results of several shapes, text and binary, live and recorded: rows a second, the client's CPU |
//! | `latency` | selecting a row by its primary key on 1, 8 and 64 open connections: p50 and p99 |
//! | `start` | whole processes, from their start to the rows, and their memory |
//! | `emulator` | the command `demo`, and `emulate` compared with a server: sequential logins, many clients, memory |
//! | `export` | whole processes that write a long result: wall-clock time, CPU time, memory |
//! | `gateway` | the HTTP gateway beside the library, a bare echo, axum with sqlx, and FastAPI; long and slow streams |
//! | `function` | rds-bridge's Lambda function compared with the original: cold starts, invocations, memory, package |
//! | `guests`, a package of its own | guests of a Wasmtime host: CPU for 1,000 rows, whole calls, long results |
//!
//! [`contenders`] describes how each contender connects, [`rows`] and [`latency`] what it does then, and [`measure`]
//! how it is measured.
//!
//! Everything panics on failure: a failed run must not produce a figure.

pub mod at_once;
pub mod component_share;
pub mod contenders;
pub mod emulate;
pub mod functions;
pub mod gateway;
pub mod goal;
pub mod latency;
pub mod measure;
pub mod on_server;
pub mod process;
pub mod recorded;
pub mod rows;
pub mod running_process;
pub mod settings;
pub mod sign;
pub mod whole_process;
