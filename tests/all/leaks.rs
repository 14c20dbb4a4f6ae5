//! No secret appears in anything that is printed or logged, or stays in the process's memory.

pub(crate) mod database_secrets;
pub(crate) mod errors;
pub(crate) mod processes;
pub(crate) mod search;
pub(crate) mod sources;
