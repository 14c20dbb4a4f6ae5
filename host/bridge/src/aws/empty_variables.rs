//! Removal of empty environment variables that the AWS SDK misinterprets.

use std::env;
use std::ffi::OsString;

/// Removes the empty variables `AWS_…` from the process's environment. The AWS CLI treats them as unset, but the SDK
/// panics if an endpoint is empty. Call it first in a program's `main`; a library must not.
///
/// # Safety
///
/// As for [`env::remove_var`]: no other thread may read or write the environment at the same time.
#[expect(
    unsafe_code,
    reason = "the caller guarantees that no other thread uses the environment"
)]
pub unsafe fn remove_empty_variables() {
    let is_empty = |(name, value): &(OsString, OsString)| {
        value.is_empty() && name.as_encoded_bytes().starts_with(b"AWS_")
    };
    for (name, _) in env::vars_os().filter(is_empty) {
        // SAFETY: the caller guarantees that no other thread accesses the environment.
        unsafe {
            env::remove_var(name);
        }
    }
}
