//! Sessions: their set-up, their reuse, cancelling, and the pool.

pub(crate) mod cancelling;
pub(crate) mod ended_connections;
pub(crate) mod one_flight;
pub(crate) mod one_flight_of_peers;
pub(crate) mod pool;
mod pool_roles;
pub(crate) mod pool_sessions;
pub(crate) mod reset;
mod roles;
pub(crate) mod set_up;
pub(crate) mod settings;
pub(crate) mod user_variables;
