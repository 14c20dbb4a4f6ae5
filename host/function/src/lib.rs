//! rds-bridge as an AWS Lambda function. The program `bootstrap` of a package consists of this crate.
//!
//! ```text
//!  settings.rs, statements.rs    read the environment, once
//!  log.rs                        writes the log, one JSON object per line
//!  serve.rs                      connects, and polls the Lambda Runtime API for events
//!    event.rs, http.rs           read the request from an event, and choose the form of the response
//!    keys.rs, unknown_keys.rs    read the event's keys, and reject unknown ones
//!    parameters.rs               checks the parameters' values before anything reaches the database
//!    execute.rs, deadline.rs     execute the statement on a pooled connection, within the deadline
//!    session.rs                  begins a transaction, if the function may write
//!    sink.rs                     collects the rows for one response, or streams them
//!    failure.rs                  describes a failure: type, HTTP status, stage, code, hint
//!    dialects.rs, callers.rs     answer in the dialects of the gateway
//!    access.rs, connections.rs   what each caller may do there, and the connections for that
//!    report.rs                   logs one line per invocation, with CloudWatch metrics
//! ```
//!
//! Sources: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and "Invoking Lambda
//! function URLs"; Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs",
//! payload format version 2.0.

mod accept;
mod access;
mod callers;
mod connections;
mod deadline;
mod dialects;
mod environment;
mod event;
mod event_form;
mod execute;
mod failure;
mod http;
mod init_error;
mod keys;
mod log;
mod milliseconds;
mod package_file;
mod parameter_kind;
mod parameters;
mod placeholders;
mod quoted;
mod report;
mod serve;
mod session;
mod settings;
mod sink;
mod statements;
mod unknown_keys;

use std::process::ExitCode;

/// Whether Lambda started this process: Lambda sets `AWS_LAMBDA_RUNTIME_API` to the address of its Runtime API.
#[must_use]
pub fn is_started_by_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Serves invocations until Lambda ends the process, or an error occurs.
///
/// The exit code is 1 for a bug, 2 for settings, 3 for credentials, and 6 if the Runtime API cannot be reached. The
/// command uses the same numbers.
#[must_use]
pub fn run() -> ExitCode {
    serve::run()
}
