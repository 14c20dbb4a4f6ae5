//! The interface `types`, which has no functions: only its errors are converted.

use crate::RdsCtx;
use crate::bindings::rds::mysql::types::{Error, Host};
use crate::failure::Failure;

impl Host for RdsCtx {
    fn convert_error(&mut self, failure: Failure) -> wasmtime::Result<Error> {
        failure.into_guest_error()
    }
}
