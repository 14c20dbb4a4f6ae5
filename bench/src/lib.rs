//! Ours beside its peers, on a MariaDB over TLS whose plugin judges tokens as RDS does.
//!
//! | program | what it measures |
//! |---|---|
//! | `connect` | connections a second, the client's CPU for each, and the component's share |
//! | `rows` | long results of several shapes, text and binary: rows a second and the client's CPU, live and from a recording |
//! | `latency` | a row by its primary key on 1, 8 and 64 open connections: p50 and p99 |
//! | `start` | whole processes, from their start to the rows, and how much memory they take |
//! | `export` | whole processes that write a long result: wall, CPU, memory |
//! | `function` | our Lambda function beside the original: cold starts, warm invocations, CPU, memory, package |
//!
//! How each contender connects is in [`contenders`], and what it then does in [`rows`] and [`latency`]; how
//! it is measured is in [`measure`].
//!
//! All of it panics when something fails: a figure of what did not work is none.

pub mod asked;
pub mod component_share;
pub mod contenders;
pub mod functions;
pub mod latency;
pub mod measure;
pub mod process;
pub mod recorded;
pub mod rows;
pub mod running_process;
pub mod settings;
pub mod sign;
pub mod whole_process;
