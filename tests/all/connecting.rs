//! Connecting to an endpoint, and the errors of each stage.

pub(crate) mod account_causes;
pub(crate) mod addresses;
pub(crate) mod aliases;
pub(crate) mod alternative_logins;
pub(crate) mod causes;
pub(crate) mod login;
pub(crate) mod login_with_caching_sha2;
pub(crate) mod not_mysql;
pub(crate) mod refused_certificates;
pub(crate) mod stages;
pub(crate) mod tls;
