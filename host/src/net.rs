//! Names to addresses, and addresses to TCP connections.

mod alias;
mod resolve;
mod tcp;

pub(crate) use alias::rds_endpoint_behind;
pub use resolve::{Resolve, Resolving, SystemResolver};
pub(crate) use tcp::connect;
