//! The function on a user's machine: `fake-lambda` invokes it with event files, and the emulator is the database.

use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::helpers::command::program;
use crate::helpers::function::items;

/// Runs `./just invoke`'s programs with these events, in files.
fn invoke(variables: &[(&str, &str)], events: &[Json]) -> Output {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(program("rds-bridge"));
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.sql");
    command.args(["emulate", "--port", "0", "--seed", schema, "--"]);
    command.args([program("fake-lambda"), program("bootstrap")]);
    for (number, event) in events.iter().enumerate() {
        let path = folder.path().join(format!("{number}.json"));
        std::fs::write(&path, event.to_string()).unwrap();
        command.arg(path);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

/// The JSON documents on standard output. A document may have several lines.
fn answers(output: &Output) -> Vec<Json> {
    let documents = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    documents.map(Result::unwrap).collect()
}

#[test]
fn one_process_answers_all_events() {
    let queries =
        r#"{"by_id": {"sql": "SELECT name FROM items WHERE id = ?", "parameters": ["integer"]}}"#;
    let event = json!({"query": "by_id", "parameters": [2]});
    let output = invoke(&[("DB_QUERIES", queries)], &[json!({}), event]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(answers(&output), [items(), json!([{"name": "bread"}])]);
    let log = str::from_utf8(&output.stderr).unwrap();
    assert_eq!(log.matches(r#""message":"invocation""#).count(), 2, "{log}");
    assert_eq!(log.matches(": accepted, with a token").count(), 1, "{log}");
}

#[test]
fn an_error_is_printed_as_lambda_returns_it() {
    let output = invoke(&[], &[json!({"query": "nothing"})]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(answers(&output)[0]["errorType"], "RdsBridge.UnknownQuery");
}

#[test]
fn a_function_that_cannot_start_is_reported() {
    let output = invoke(&[("DB_QUERIES", "{")], &[json!({})]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(answers(&output)[0]["errorType"], "RdsBridge.Settings");
}

#[test]
fn an_event_file_that_does_not_exist_is_named() {
    let mut command = Command::new(program("fake-lambda"));
    let output = command
        .args(["bootstrap", "no-such.json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = str::from_utf8(&output.stderr).unwrap();
    assert!(said.contains("cannot read no-such.json"), "{said}");
}
