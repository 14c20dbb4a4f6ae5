//! Where credentials come from, and what is said when they cannot be had.

pub(crate) mod caller_identity;
pub(crate) mod profile_errors;
pub(crate) mod sources;
