//! Names to addresses, and addresses to TCP connections.

mod alias;
pub mod host_name;
mod resolve;
mod tcp;

pub use alias::rds_endpoint_behind;
pub use resolve::{CanonicalName, Resolve, Resolving, SystemResolver};
pub(crate) use tcp::connect;
