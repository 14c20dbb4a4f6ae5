//! Databases for the guests of a Wasmtime host.

pub(crate) mod accounts;
pub(crate) mod asynchronous;
pub(crate) mod columnar;
pub(crate) mod epochs;
pub(crate) mod failover;
pub(crate) mod failures;
pub(crate) mod grants;
pub(crate) mod handles;
pub(crate) mod hidden;
pub(crate) mod limits;
pub(crate) mod names;
pub(crate) mod ranges;
pub(crate) mod spin;
pub(crate) mod tenants;
pub(crate) mod transactions;
pub(crate) mod values;
