//! The command `rds-bridge`.

use std::process::ExitCode;

use rds_bridge_unwinder as _;

fn main() -> ExitCode {
    #[expect(
        unsafe_code,
        reason = "no other thread may read the environment meanwhile"
    )]
    // SAFETY: it is the first thing that the process does, and there is no other thread.
    unsafe {
        rds_bridge::aws::remove_empty_variables();
    }
    rds_bridge_cli::run()
}
