//! The interface `types`, which has no functions.

use crate::bindings::rds::mysql::types::Host;
use crate::ctx::RdsCtx;

impl Host for RdsCtx {}
