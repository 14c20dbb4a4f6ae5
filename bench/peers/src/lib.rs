//! Ours beside its peers, on a MySQL or a MariaDB (`--server`) over TLS whose plugin judges tokens as RDS does.
//!
//! | program | what it measures |
//! |---|---|
//! | `connect` | connections a second, the client's CPU for each, and the component's share |
//! | `rows` | long results of several shapes, text and binary: rows a second and the client's CPU, live and from a recording |
//! | `latency` | a row by its primary key on 1, 8 and 64 open connections: p50 and p99 |
//! | `start` | whole processes, from their start to the rows, and how much memory they take |
//! | `emulator` | the command `demo`, and `emulate` beside a server: logins in a row, clients at once, memory |
//! | `export` | whole processes that write a long result: wall, CPU, memory |
//! | `function` | our Lambda function beside the original: cold starts, warm invocations, CPU, memory, package |
//!
//! How each contender connects is in [`contenders`], and what it then does in [`rows`] and [`latency`]; how
//! it is measured is in [`measure`].
//!
//! All of it panics when something fails: a figure of what did not work is none.

pub mod asked;
pub mod at_once;
pub mod component_share;
pub mod contenders;
pub mod emulate;
pub mod functions;
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
