//! Databases by name, callers and limits: the configuration file of rds-bridge's servers.
//!
//! ```
//! use rds_bridge_access::Config;
//!
//! # fn main() -> Result<(), rds_bridge_access::ConfigError> {
//! let config = Config::parse(
//!     r#"
//!     [databases.orders]
//!     endpoint = "mydb.abc123.eu-central-1.rds.amazonaws.com"
//!     user = "app"
//!
//!     [[proxy.listeners]]
//!     database = "orders"
//!     listen = "127.0.0.1:3306"
//!     "#,
//! )?;
//! assert_eq!(config.databases["orders"].user.as_deref(), Some("app"));
//! # Ok(())
//! # }
//! ```
//!
//! The file is TOML. Every setting that is unknown, missing or invalid is an error with the line, the column and the
//! setting. [`EXAMPLE`] shows every setting. The file contains no secrets: it has hashes of passwords and of API
//! keys, and the paths of files with secrets.
//!
//! [`Config::parse_callers`] reads the callers of a Lambda function, which has a database and statements of its own.

mod callers;
mod callers_file;
mod checks;
mod config;
mod databases;
mod error;
mod gateway;
mod grants;
mod hashes;
mod identity;
mod issuer;
mod listeners;
mod loopback;
mod place;
mod statements;
mod table_name;
mod template;

pub use callers::{Caller, JwtSubject};
pub use callers_file::{FunctionCallers, FunctionSettings};
pub use config::Config;
pub use databases::{Database, Role, Topology};
pub use error::ConfigError;
pub use gateway::{GatewayConfig, LOOPBACK_CALLER};
pub use grants::{Access, Grant, Limits, Statements};
pub use hashes::{InvalidHash, PasswordHash};
pub use issuer::{IssuerError, JwtAlgorithm, JwtIssuer, KeysScheme};
pub use listeners::{ClientAuthentication, ListenerConfig, ProxyConfig, TlsFiles};
pub use loopback::is_loopback;
pub use statements::Statement;
pub use table_name::TableName;
pub use template::{LexError, Lexed, Templates};

/// A file with every setting, its default and what it means.
pub const EXAMPLE: &str = include_str!("example.toml");
