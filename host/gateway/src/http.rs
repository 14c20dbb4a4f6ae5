//! HTTP: what is checked of every request before a dialect sees it, the rest of its body, and the access log.

mod access_log;
mod counted_request;
mod guards;
mod instance;
mod named_host;
mod object;
mod trace;
mod unread_body;

pub(crate) use access_log::{DatabaseTime, log_access};
pub(crate) use counted_request::{KnownCaller, StreamEnd};
pub(crate) use guards::{Guard, Refused, authenticate_as, guarded};
pub(crate) use instance::name_instance;
pub(crate) use object::read_object;
pub(crate) use trace::in_trace;
pub(crate) use unread_body::lend_body;
