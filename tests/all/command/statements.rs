//! The statements of `rds-bridge query`, and its exit codes.

pub(crate) mod bound_values;
pub(crate) mod exact_numbers;
pub(crate) mod interrupted;
pub(crate) mod query;
pub(crate) mod several;
pub(crate) mod texts;
pub(crate) mod time_zone;
pub(crate) mod timeout;
pub(crate) mod transactions;
pub(crate) mod unanswered_commit;
