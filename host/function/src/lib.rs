//! rds-bridge as an AWS Lambda function: what the program `bootstrap` of a package does.
//!
//! ```text
//!  settings.rs, statements.rs    what the environment says, once
//!  log.rs                        a JSON object a line
//!  serve.rs                      connects, and takes one event after another from the Lambda Runtime API
//!    event.rs, http.rs           what an event asks for, and how it wants its answer
//!    keys.rs, unknown_keys.rs    its keys, and those that it must not have
//!    parameters.rs               its values, before anything reaches the database
//!    execute.rs, deadline.rs     a connection of the pool, the statement, its end in time
//!    sink.rs                     the rows: in one answer, or as they come
//!    failure.rs                  what went wrong: type, HTTP status, stage, code, hint
//!    report.rs                   a line at the end, with CloudWatch's metrics in it
//! ```
//!
//! Sources: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and "Invoking Lambda
//! function URLs"; Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs",
//! payload format version 2.0.

mod accept;
mod deadline;
mod event;
mod event_form;
mod execute;
mod failure;
mod http;
mod init_error;
mod keys;
mod log;
mod milliseconds;
mod parameter_kind;
mod parameters;
mod placeholders;
mod quoted;
mod report;
mod serve;
mod settings;
mod sink;
mod statements;
mod unknown_keys;

use std::process::ExitCode;

/// Whether Lambda has started this process: it says where its Runtime API is.
#[must_use]
pub fn is_started_by_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}

/// Serves invocations until Lambda ends the process.
#[must_use]
pub fn run() -> ExitCode {
    serve::run()
}
