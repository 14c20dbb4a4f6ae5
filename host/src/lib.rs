//! From serverless and edge code to a MySQL database inside a VPC, without a stored password.
//!
//! The work is shared between two sides. A WebAssembly component without imports decides *what
//! bytes*: it signs the tokens and speaks the client's side of the MySQL handshake. This crate, its
//! host, decides *where they go*: it supplies credentials and the clock, and it runs the component in
//! a sandbox that is made for one use and dropped.
//!
//! ```
//! use rds_bridge::aws::Credentials;
//! use rds_bridge::guest::{Engine, Grant, Lifetime};
//!
//! let engine = Engine::new()?;
//! let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! let grant = Grant {
//!     host: "mydb.abc123.eu-central-1.rds.amazonaws.com",
//!     port: 3306,
//!     region: "eu-central-1",
//!     db_user: "lambda-user",
//! };
//! let lifetime = Lifetime { signed_at: 1_724_709_600, expires_in_seconds: 900 };
//!
//! let token = engine.instantiate()?.presign(&credentials, grant, lifetime)?;
//!
//! assert_eq!(token.valid_until, 1_724_710_500);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`guest`] | the component in its sandbox |
//! | [`aws`] | credentials and region |
//! | [`tls`] | whom to trust, and what a certificate says |
//! | [`cli`] | the command `rds-bridge` |

pub mod aws;
mod bridge;
pub mod clock;
pub mod error;
pub mod mysql;
pub mod net;
pub mod tls;

pub mod cli;
pub mod guest;

pub use bridge::{Bridge, BridgeBuilder, Timeouts};
pub use error::{Error, ErrorKind, Stage};
