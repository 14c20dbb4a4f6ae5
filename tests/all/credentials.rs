//! The sources of credentials, and the errors if there are none.

pub(crate) mod caller_identity;
pub(crate) mod profile_errors;
pub(crate) mod sources;
