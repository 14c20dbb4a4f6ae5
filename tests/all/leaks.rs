//! No secret in anything that is printed, logged or left in memory.

pub(crate) mod database_secrets;
pub(crate) mod errors;
pub(crate) mod processes;
pub(crate) mod search;
pub(crate) mod sources;
