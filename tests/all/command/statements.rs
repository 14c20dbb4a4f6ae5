//! What `rds-bridge query` executes, and how it ends.

pub(crate) mod exact_numbers;
pub(crate) mod interrupted;
pub(crate) mod query;
pub(crate) mod texts;
pub(crate) mod time_zone;
pub(crate) mod timeout;
pub(crate) mod transactions;
pub(crate) mod unanswered_commit;
