//! A local address for any MySQL client, which logs in to Amazon RDS with IAM authentication.
//!
//! ```no_run
//! use rds_bridge::Bridge;
//! use rds_bridge_proxy::{Listener, Proxy};
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let bridge = Bridge::builder()
//!     .endpoint("mydb.abc123.eu-central-1.rds.amazonaws.com")
//!     .user("lambda-user")
//!     .allow_writes(true)
//!     .build()
//!     .await?;
//! let listener = Listener::tcp(([127, 0, 0, 1], 3306).into()).await?;
//! let proxy = Proxy::builder(bridge).listen(listener).start()?;
//! tokio::signal::ctrl_c().await?;
//! proxy.drain(std::time::Duration::from_secs(10)).await;
//! # Ok(())
//! # }
//! ```
//!
//! A client connects without TLS and without a password. The proxy connects to the database for it, over verified TLS
//! and with a fresh token, and then copies packets in both directions without decoding them.
//!
//! The client is answered from the database's own first packet: with its version, its connection id and its
//! capabilities. The proxy then logs in to the database with those capabilities that the client has as well. Both
//! connections therefore lay out packets in the same way, which is what makes copying them correct; and `KILL` and
//! `CONNECTION_ID()` refer to the client's own session.
//!
//! Whatever fails on the way to the database reaches the client as an `ERR_Packet` with a code, a SQLSTATE, the stage
//! and the likely causes.
//!
//! | module | contents |
//! |---|---|
//! | [`Proxy`], [`ProxyBuilder`], [`ClientLimit`], [`ConcurrentLogins`] | a running proxy, and its settings |
//! | [`Listener`] | TCP addresses and Unix sockets |
//! | [`ClientAuthentication`], [`Users`], [`Certificates`] | who may connect |
//! | [`ErrorText`] | what an error of the proxy tells its client |
//! | [`Admin`], [`Health`], [`ProxyMetrics`] | health checks, and what a proxy counts |

mod admin;
mod admin_request;
mod builder;
mod certificates;
mod client;
mod client_limit;
mod commands;
mod database_user;
mod defaults;
mod listen;
mod login_limits;
mod metrics;
mod proxy;
mod reached_limit;
mod refusal;
mod replies;
mod session;
mod shared;
mod socket;
mod splice;
mod start_error;
mod told;
mod upstream;
mod users;

pub use admin::Admin;
pub use admin_request::AdminRequest;
pub use builder::ProxyBuilder;
pub use certificates::Certificates;
pub use client_limit::ClientLimit;
pub use database_user::DatabaseUser;
pub use defaults::{DEFAULT_CLIENTS, DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE, DEFAULT_RATE};
pub use listen::Listener;
#[cfg(unix)]
pub use listen::UnixSocket;
pub use login_limits::ConcurrentLogins;
pub use metrics::ProxyMetrics;
pub use proxy::{Health, Proxy};
pub use reached_limit::ReachedLimit;
pub use start_error::StartError;
pub use told::{ErrorText, Failed};
pub use users::{ClientAuthentication, PasswordHash, Users};
