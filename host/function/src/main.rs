//! The program `bootstrap`, which Lambda starts.

use std::env::args_os;
use std::process::ExitCode;

use rds_bridge_unwinder as _;

/// The exit code for wrong usage, the same as the command's.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    #[expect(
        unsafe_code,
        reason = "no other thread may read the environment during the change"
    )]
    // SAFETY: this is the first call of the process, and no other thread exists yet.
    unsafe {
        rds_bridge::aws::remove_empty_variables();
    }
    if args_os()
        .nth(1)
        .is_some_and(|argument| argument == "--version")
    {
        println!("rds-bridge-function {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    if rds_bridge_function::is_started_by_lambda() {
        return rds_bridge_function::run();
    }
    eprintln!(
        "bootstrap: this program runs only in AWS Lambda, which sets AWS_LAMBDA_RUNTIME_API. Elsewhere, use the \
         command rds-bridge, or ./just invoke in a checkout"
    );
    ExitCode::from(USAGE)
}
