//! Variables of AWS's SDK that are set to nothing.

use std::env;
use std::ffi::OsString;

/// Removes the variables `AWS_…` that are empty from the process's environment: the AWS CLI takes them for ones that are
/// not set, and the SDK takes an empty endpoint for a bug and panics. For a program of its own, as the first thing that it
/// does.
///
/// # Safety
///
/// No other thread may read or write the environment meanwhile, as of [`env::remove_var`].
#[expect(unsafe_code, reason = "the caller answers for the threads")]
pub unsafe fn remove_empty_variables() {
    let is_empty = |(name, value): &(OsString, OsString)| {
        value.is_empty() && name.as_encoded_bytes().starts_with(b"AWS_")
    };
    for (name, _) in env::vars_os().filter(is_empty) {
        // SAFETY: `env::remove_var`. The caller has no other thread.
        unsafe {
            env::remove_var(name);
        }
    }
}
