//! The command `rds-bridge`.

use std::process::ExitCode;

use rds_bridge_unwinder as _;

fn main() -> ExitCode {
    #[expect(
        unsafe_code,
        reason = "changing the environment is unsafe while other threads run"
    )]
    // SAFETY: nothing runs before this, so there is no other thread.
    unsafe {
        rds_bridge::aws::remove_empty_variables();
    }
    rds_bridge_cli::run()
}
