//! The command `rds-bridge`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rds_bridge::cli::run()
}
