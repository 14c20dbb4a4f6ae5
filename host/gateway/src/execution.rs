//! Executing statements, for every dialect alike.
//!
//! A [`Lease`] is a connection for one request: from the pool of a database, or of a session. Its futures can be dropped
//! at any point: a request whose client disconnects is dropped by the server, and the lease then has its statement
//! killed. No connection reaches another caller before its session was reset, nor another request if a statement may
//! have left something in the session.

mod allowance;
mod deadline;
mod ending;
mod failure;
mod implicit_commit;
mod lease;
mod leases;
mod leaves_nothing;
mod limits;
mod row_count;
mod same_transaction;
mod sessions;
mod settings;
mod text_result;
mod time_limit;
mod token;
mod typed_result;
mod unquoted;

pub(crate) use allowance::Allowance;
pub(crate) use deadline::Deadline;
pub(crate) use failure::{Failure, has_wrong_role, is_unknown_outcome};
pub(crate) use implicit_commit::Effect;
pub(crate) use lease::Lease;
pub(crate) use leases::Leases;
pub(crate) use limits::{Limits, SessionPolicy};
pub use row_count::RowCount;
pub(crate) use same_transaction::{is_marked, mark};
pub(crate) use sessions::{Resumed, Sessions};
pub(crate) use settings::{Setting, Settings};
pub(crate) use text_result::{TextResult, TextRow};
pub(crate) use time_limit::{Outcome, TimeLimit};
pub(crate) use token::{BLANK, Kind};
pub(crate) use typed_result::TypedResult;
pub(crate) use unquoted::{Backslash, unquoted};
