//! The command `rds-bridge`.

use std::ffi::OsString;
use std::process::ExitCode;

// The linker takes the unwinder from here, and not from `libgcc_s.so`: `build/unwinder.rs` says why.
#[cfg(unwinder_within)]
#[expect(unsafe_code, reason = "it names an archive, and declares nothing")]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}

fn main() -> ExitCode {
    remove_empty_variables();
    #[cfg(feature = "lambda")]
    if rds_bridge::function::is_started_by_lambda() {
        return rds_bridge::function::run();
    }
    rds_bridge::cli::run()
}

/// Removes the variables of AWS's SDK that are empty: the AWS CLI takes them for ones that are not set, and the SDK takes
/// an empty endpoint for a bug and panics.
fn remove_empty_variables() {
    let is_empty = |(name, value): &(OsString, OsString)| {
        value.is_empty() && name.as_encoded_bytes().starts_with(b"AWS_")
    };
    for (name, _) in std::env::vars_os().filter(is_empty) {
        #[expect(
            unsafe_code,
            reason = "no other thread may read the environment meanwhile"
        )]
        // SAFETY: `std::env::remove_var`. It is the first thing that `main` does, and there is no other thread.
        unsafe {
            std::env::remove_var(name);
        }
    }
}
