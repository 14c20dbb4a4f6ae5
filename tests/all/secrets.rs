//! Logins with a secret of AWS Secrets Manager.

pub(crate) mod errors;
pub(crate) mod managed;
pub(crate) mod rotation;
