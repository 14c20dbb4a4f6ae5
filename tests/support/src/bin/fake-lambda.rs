//! Invokes a Lambda function on a fake of Lambda's Runtime API: `fake-lambda PROGRAM EVENT…`.
//!
//! PROGRAM is the function's `bootstrap`, which gets this program's environment. Each EVENT is a JSON file, or `-` for
//! standard input. The events are sent to one process, one after the other. Their responses are printed on standard
//! output, and the function's log on standard error. The exit code is 1 if an invocation fails.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode};
use std::time::Duration;

use rds_bridge_test_support::fake_lambda_runtime::{FunctionError, Outcome, Response, Start};
use rds_bridge_test_support::lambda_function::LambdaFunction;
use serde_json::json;

/// The default `Timeout` of the function's template.
const TIMEOUT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let Some((program, names)) = arguments
        .split_first()
        .filter(|(_, names)| !names.is_empty())
    else {
        eprintln!("usage: fake-lambda PROGRAM EVENT…");
        return ExitCode::from(2);
    };
    let mut events = Vec::new();
    for name in names {
        match read(name) {
            Ok(event) => events.push(event),
            Err(error) => {
                eprintln!("error: cannot read {}: {error}", name.display());
                return ExitCode::from(2);
            }
        }
    }
    let function = LambdaFunction::start(Command::new(program));
    let result = invoke(&function, events);
    eprint!("{}", function.stop());
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cannot print a response: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(name: &OsStr) -> io::Result<Vec<u8>> {
    if name != "-" {
        return fs::read(name);
    }
    let mut event = Vec::new();
    io::stdin().read_to_end(&mut event)?;
    Ok(event)
}

/// Returns whether every invocation succeeded.
fn invoke(function: &LambdaFunction, events: Vec<Vec<u8>>) -> io::Result<bool> {
    match function.wait_for_start() {
        Start::Ready(_) => {}
        Start::InitError(error) => return print_error(&error).map(|()| false),
        Start::Ended(how) => {
            eprintln!("error: the function ended: {how}");
            return Ok(false);
        }
    }
    let mut is_success = true;
    for event in events {
        is_success &= match function.start_invocation(event, TIMEOUT).wait() {
            Outcome::Response(response) => print_response(&response)?,
            Outcome::Error(error) => print_error(&error).map(|()| false)?,
            Outcome::TimedOut => {
                eprintln!("error: the function did not respond within {TIMEOUT:?}");
                false
            }
            Outcome::Ended(how) => {
                eprintln!("error: the function ended: {how}");
                return Ok(false);
            }
        };
    }
    Ok(is_success)
}

/// Prints the payload, as Lambda returns it to a direct caller. Of a stream, prints the body that an HTTP client
/// receives. Returns whether the response is complete.
fn print_response(response: &Response) -> io::Result<bool> {
    let mut stdout = io::stdout().lock();
    if response.is_streamed {
        stdout.write_all(&response.http().body)?;
    } else {
        stdout.write_all(&response.body)?;
    }
    stdout.write_all(b"\n")?;
    Ok(response.is_whole && response.error.is_none())
}

/// Prints the payload that Lambda returns for a function error.
fn print_error(error: &FunctionError) -> io::Result<()> {
    let payload = json!({"errorType": error.error_type, "errorMessage": error.message});
    writeln!(io::stdout(), "{payload}")
}
