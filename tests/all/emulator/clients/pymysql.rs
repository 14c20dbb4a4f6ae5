//! PyMySQL with boto3, the code that rds-bridge replaces.

use std::process::Command;

use rds_bridge_test_support::python::interpreter;
use serde_json::json;

use crate::helpers::command::stderr;
use crate::helpers::emulator::clients::{
    assert_another_authority_is_refused, assert_refused_for_each_mistake, assert_success,
    assert_tls_is_demanded, run,
};
use crate::helpers::emulator::server::{Environment, Server, test_file};

fn python(name: &str) -> Command {
    let mut command = Command::new(interpreter());
    command.arg(test_file(&format!("python/clients/{name}")));
    command
}

fn lambda_function(environment: &Environment) -> String {
    let output = run(&mut python("lambda_function.py"), environment);
    assert!(!output.status.success() && output.stdout.is_empty());
    stderr(&output).to_owned()
}

#[test]
fn the_lambda_function_reads_the_items() {
    let server = Server::start();
    let output = run(&mut python("lambda_function.py"), &server.environment());
    assert_success(&output);
    let items: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!([
        {"id": 1, "name": "apple", "price": "1.25"},
        {"id": 2, "name": "bread", "price": "3.50"},
        {"id": 3, "name": "cheese", "price": "12.00"},
    ]);
    assert_eq!(items, expected);
    server.assert_all_were_let_in();
}

#[test]
fn the_lambda_function_is_refused_for_the_right_reasons() {
    assert_refused_for_each_mistake(lambda_function);
    assert_another_authority_is_refused(lambda_function);
}

#[test]
fn without_tls() {
    let program = "import os, pymysql\n\
                   pymysql.connect(host='localhost', port=int(os.environ['DB_PORT']), user='lambda-user', \
                   password='x', ssl_disabled=True)";
    assert_tls_is_demanded(|environment| {
        let mut command = Command::new(interpreter());
        stderr(&run(command.args(["-c", program]), environment)).to_owned()
    });
}

#[test]
fn statements() {
    let server = Server::start();
    assert_success(&run(&mut python("test_pymysql.py"), &server.environment()));
    server.assert_all_were_let_in();
}
