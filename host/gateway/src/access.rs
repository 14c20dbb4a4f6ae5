//! What callers may do: grants, which are looked up for each request before anything reaches a database.
//!
//! A dialect asks [`Rules`] for the grant of its caller for a database, and the grant for the statement. Both are values
//! in memory: a reload replaces the rules as a whole, and a request goes on with those that it has.

mod denied;
mod grant;
mod policy;
mod rules;

pub(crate) use denied::AccessDenied;
pub(crate) use grant::{Grant, PoolKey};
pub use policy::Policy;
pub(crate) use rules::Rules;
