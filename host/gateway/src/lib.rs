//! An HTTP gateway to MySQL on Amazon RDS, for clients that exist already.
//!
//! ```no_run
//! use rds_bridge::{Bridge, pool::Pool};
//! use rds_bridge_gateway::{CallerAuthentication, Gateway, Keys};
//! use tokio::net::TcpListener;
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let bridge = Bridge::builder()
//!     .endpoint("mydb.abc123.eu-central-1.rds.amazonaws.com")
//!     .user("lambda-user")
//!     .database("iamtest")
//!     .build()
//!     .await?;
//! let keys = Keys::new()?.with_api_key("app", &std::env::var("APP_KEY")?);
//! let gateway = Gateway::builder(CallerAuthentication::Keys(keys))
//!     .database("main", Pool::builder(bridge).build()?)
//!     .start(TcpListener::bind("127.0.0.1:8080").await?)?;
//! tokio::signal::ctrl_c().await?;
//! gateway.drain(std::time::Duration::from_secs(10)).await;
//! # Ok(())
//! # }
//! ```
//!
//! The gateway answers in three dialects. The clients of the first two work unchanged:
//!
//! | dialect | clients |
//! |---|---|
//! | PlanetScale | `@planetscale/database`, and the adapters of `prisma`, `drizzle-orm` and `kysely` on top of it |
//! | RDS Data API | the AWS SDKs, with `AWS_ENDPOINT_URL_RDS_DATA` |
//! | its own, under `/v1` | any HTTP client: rows as JSON, or streamed as NDJSON, CSV or Arrow (feature `arrow`) |
//!
//! A request borrows a connection of a pool. A transaction keeps one for its session; the session's token is bound to
//! the caller. When a client disconnects, its statement is killed. No connection reaches another request before its
//! session was reset.
//!
//! | type | contents |
//! |---|---|
//! | [`Gateway`], [`GatewayBuilder`] | a running gateway, and its settings |
//! | [`GatewayService`], [`GatewayRequest`], [`Answer`], [`RowCount`] | a gateway without a listener |
//! | [`CallerAuthentication`], [`Keys`], [`TokenIssuer`] | who may call |
//! | [`Policy`] | what callers may do |
//! | [`TlsConfig`] | TLS with callers |
//! | [`Admin`], [`Health`], [`GatewayMetrics`] | health checks, and what a gateway counts |

mod access;
mod admin;
mod allowed_names;
mod body_budget;
mod builder;
mod caller;
mod connections;
mod data_api;
mod databases;
mod execution;
mod gateway;
mod http;
mod metrics;
mod planetscale;
mod service;
mod shared;
mod sigv4;
mod source_limit;
mod start_error;
mod statistics;
mod tls;
mod v1;

pub use access::Policy;
pub use admin::Admin;
pub use builder::GatewayBuilder;
pub use caller::{
    CallerAuthentication, KeyFileError, Keys, NoRandomness, NoSuchIssuer, TokenIssuer,
};
pub use databases::DatabasePools;
pub use execution::RowCount;
pub use gateway::{Gateway, Health};
pub use metrics::GatewayMetrics;
pub use rds_bridge_access::{IssuerError, JwtAlgorithm, JwtIssuer};
pub use service::{Answer, AnswerBody, BrokenOff, Dialect, GatewayRequest, GatewayService};
pub use start_error::StartError;
pub use tls::TlsConfig;
