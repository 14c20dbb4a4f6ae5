//! From serverless and edge code to a MySQL database inside a VPC, without a stored password.
//!
//! ```no_run
//! use rds_bridge::Bridge;
//!
//! # async fn items() -> Result<(), rds_bridge::Error> {
//! let bridge = Bridge::builder()
//!     .endpoint("mydb.abc123.eu-central-1.rds.amazonaws.com") // port 3306; region from the name
//!     .user("lambda-user")
//!     .database("iamtest")
//!     .build()
//!     .await?; // AWS's default credentials chain, the roots of RDS and Amazon
//!
//! let mut connection = bridge.connect().await?;
//! let mut rows = connection.query("SELECT id, name FROM items").await?;
//! while let Some(row) = rows.next().await? {
//!     let (id, name): (u64, &str) = (row.get("id")?, row.get("name")?);
//!     println!("{id} {name}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The work is shared between two sides. A WebAssembly component without imports decides *what
//! bytes*: it signs the tokens and speaks the client's side of the MySQL handshake. This crate, its
//! host, decides *where they go*: it supplies credentials and the clock, TCP and TLS, and it runs the
//! component in a sandbox that is made for one use and dropped. After the login the component is out of
//! the way: rows are decoded where they lie in the read buffer.
//!
//! It runs on Tokio. Statements are one at a time; rows stream, and memory does not grow with their number.
//!
//! | module | what it is |
//! |---|---|
//! | [`Bridge`] | settings once, then connections |
//! | [`stages`] | connecting in separate stages |
//! | [`pool`] | connections that are kept, and a limit on new ones |
//! | [`mysql`] | a connection, its rows and their values |
//! | [`error`] | what can go wrong, at which stage, and the likely causes |
//! | [`aws`] | credentials, region, and what an endpoint's name tells |
//! | [`net`], [`clock`] | what can be brought along in place of the system's own |
//! | [`component`] | the component in its sandbox, by itself |
//! | [`topology`] | the members of a cluster, to find the new writer before DNS does |
//! | [`tls`] | certificate authorities, and what a certificate says |
//! | [`single_flight`] | one call at a time to a source, whose answer all callers share |

pub mod aws;
mod bridge;
pub mod clock;
mod connection;
mod connection_rate;
pub mod error;
pub mod mysql;
pub mod net;
pub mod pool;
mod protocol;
mod remedy;
mod role;
/// What the fuzz target of results and the tests of the formats call. No part of the API.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::connection::in_memory::{Answer, Part, ways_agree};
}
/// What the code of `#[derive(FromRow)]` names. No part of the API.
#[cfg(feature = "derive")]
#[doc(hidden)]
pub mod __private {
    pub use crate::protocol::{Shape, Values};
}
pub mod single_flight;
pub mod tls;
pub mod topology;

pub mod component;

pub use bridge::{
    Bridge, BridgeBuilder, DEFAULT_PORT, EngineSource, Timeouts, resolve_alias, stages,
};
#[cfg(feature = "secrets-manager")]
pub use bridge::{check_secret_arn, read_secret};
pub use error::{Error, ErrorKind, Stage};
pub use mysql::{CancelHandle, NotCancelled};
pub use role::Role;
