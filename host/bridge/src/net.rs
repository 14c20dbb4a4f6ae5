//! Host names, their resolution to addresses, and TCP connections.

mod alias;
pub mod host_name;
mod resolve;
mod tcp;

pub use alias::resolve_rds_alias;
pub use resolve::{CanonicalName, Resolve, Resolving, SystemResolver};
pub(crate) use tcp::connect;
