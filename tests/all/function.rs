//! The AWS Lambda function, at a fake of the Runtime API, on a MariaDB that judges its tokens.

mod bad_events;
mod connections;
mod credentials;
mod deadline;
mod deadline_of_writes;
mod exact_numbers;
mod failures;
mod foreign_events;
mod global_endpoints;
mod http;
mod invocations;
mod large_results;
mod load;
mod log;
#[cfg(target_os = "linux")]
mod long_rows;
mod refusals;
mod sessions;
mod sql_modes;
mod values;
mod warnings;

use std::process::Command;

use rds_bridge_test_support::fake_lambda_runtime::FunctionError;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::server::Server;
use serde_json::{Value as Json, json};

use crate::helpers::command::program;
use crate::helpers::live::environment;

/// The named statements of the functions here.
const QUERIES: &str = r#"{
    "by_id": {"sql": "SELECT name, price FROM items WHERE id = ?", "parameters": ["integer"]},
    "by_name": "SELECT name, price FROM items WHERE name = ?",
    "typed": {"sql": "SELECT ? AS i, ? AS n, ? AS t, ? AS b", "parameters": ["integer", "number", "text", "boolean"]},
    "connection": "SELECT CONNECTION_ID() AS id",
    "nowhere": "SELECT * FROM nowhere",
    "slow": "SELECT SLEEP(300)"
}"#;
const AD_HOC: (&str, &str) = ("ALLOW_AD_HOC_SQL", "true");
const WRITES: (&str, &str) = ("ALLOW_WRITES", "true");

/// Starts one on a server, with changes to its environment: what is set to nothing is not there.
pub(crate) fn start(server: &Server, changes: &[(&'static str, &str)]) -> LambdaFunction {
    let mut variables = environment(server);
    variables.push(("DB_QUERIES", QUERIES.to_owned()));
    start_with(variables, changes)
}

fn start_with(
    mut variables: Vec<(&'static str, String)>,
    changes: &[(&'static str, &str)],
) -> LambdaFunction {
    variables.push(("AWS_EC2_METADATA_DISABLED", "true".to_owned()));
    for (name, value) in changes {
        variables.retain(|(own, _)| own != name);
        if !value.is_empty() {
            variables.push((name, (*value).to_owned()));
        }
    }
    let mut command = Command::new(program("bootstrap"));
    command.env_clear().envs(variables);
    LambdaFunction::start(command)
}

fn items() -> Json {
    json!([
        {"id": 1, "name": "apple", "price": "1.25"},
        {"id": 2, "name": "bread", "price": "3.50"},
        {"id": 3, "name": "cheese", "price": "12.00"},
    ])
}

/// What a direct invocation gives.
#[track_caller]
pub(crate) fn rows(function: &LambdaFunction, event: &Json) -> Json {
    function.invoke(event.to_string()).response().json()
}

/// The number that the server has given to the connection.
#[track_caller]
fn connection_id(function: &LambdaFunction) -> u64 {
    let rows = rows(function, &json!({"query": "connection"}));
    rows[0]["id"].as_u64().unwrap()
}

/// How a direct invocation fails: the type, and what is in the message.
#[track_caller]
pub(crate) fn failure(function: &LambdaFunction, event: &Json) -> (String, Json) {
    of_type(&function.invoke(event.to_string()).error())
}

#[track_caller]
fn of_type(error: &FunctionError) -> (String, Json) {
    let kind = error.error_type.strip_prefix("RdsBridge.");
    let kind = kind
        .unwrap_or_else(|| panic!("not ours: {error:?}"))
        .to_owned();
    let failure = error.json();
    assert_eq!(failure["type"], kind);
    assert!(failure["message"].is_string(), "{failure}");
    assert!(failure["requestId"].is_string(), "{failure}");
    (kind, failure)
}

/// How often accounts with IAM have logged in.
fn logins(server: &Server) -> usize {
    server
        .error_log()
        .matches("accepted \"lambda-user\"")
        .count()
}

/// The lines that the function logs of its invocations, once there are so many.
fn invocation_lines(function: &LambdaFunction, number: usize) -> Vec<Json> {
    function.wait_for_stdout(|text| {
        let (whole, _) = text.rsplit_once('\n')?;
        let lines = whole.lines().map(|line| {
            let parsed = serde_json::from_str(line);
            parsed.unwrap_or_else(|error| panic!("{error}: {line}"))
        });
        let lines: Vec<Json> = lines
            .filter(|line: &Json| line["message"] == "invocation")
            .collect();
        (lines.len() >= number).then_some(lines)
    })
}
