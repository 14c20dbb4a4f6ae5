//! What callers may do: grants, which are looked up for each request before anything reaches a database.
//!
//! The [`Policy`] has the grant of a caller for a database, and the grant says which statements the caller may execute.
//! Both are values in memory: a reload replaces the [`Rules`] as a whole, and a request goes on with the grant that it
//! has.

mod denied;
mod grant;
mod policy;
mod rules;

pub(crate) use denied::AccessDenied;
pub(crate) use grant::{Grant, PoolKey};
pub use policy::Policy;
pub(crate) use rules::Rules;
