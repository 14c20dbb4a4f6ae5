//! The AWS Lambda function, with a fake of the Runtime API, on servers that verify its tokens.

mod access;
mod access_errors;
mod access_limits;
mod bad_events;
mod connections;
mod credentials;
mod deadline;
mod deadline_of_writes;
mod dialect_callers;
mod dialect_clients;
mod dialect_deadline;
mod dialect_failures;
mod dialect_rows;
mod dialects;
mod exact_numbers;
mod failures;
mod foreign_events;
mod global_endpoints;
mod http;
mod invocations;
mod large_results;
mod load;
mod locally;
mod log;
#[cfg(target_os = "linux")]
mod long_rows;
mod refusals;
mod roles;
mod sessions;
mod sql_modes;
mod values;
mod warnings;
