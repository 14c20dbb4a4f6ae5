//! mysql2 for Node, with AWS's signer.

use std::process::Output;

use rds_bridge_test_support::node;
use serde_json::json;

use crate::helpers::command::stderr;
use crate::helpers::emulator::clients::{
    assert_another_authority_is_refused, assert_refused_for_each_mistake, assert_success,
    assert_tls_is_demanded, run,
};
use crate::helpers::emulator::server::{Environment, Server, test_file};

fn items(environment: &Environment, options: &str) -> Output {
    let mut command = node::command(&test_file("node/mysql2_items.mjs"));
    let mut environment = environment.clone();
    environment.insert("MYSQL2_OPTIONS".to_owned(), options.to_owned());
    run(&mut command, &environment)
}

fn refused(environment: &Environment, options: &str) -> String {
    let output = items(environment, options);
    assert!(!output.status.success() && output.stdout.is_empty());
    stderr(&output).to_owned()
}

#[test]
fn it_reads_the_items() {
    let server = Server::start();
    let output = items(&server.environment(), "{}");
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
fn it_is_refused_for_the_right_reasons() {
    assert_refused_for_each_mistake(|environment| refused(environment, "{}"));
    assert_another_authority_is_refused(|environment| refused(environment, "{}"));
    assert_tls_is_demanded(|environment| refused(environment, r#"{"ssl": null}"#));
}

#[test]
fn without_its_cleartext_plugin() {
    let server = Server::start();
    let said = refused(&server.environment(), r#"{"enableCleartextPlugin": false}"#);
    assert!(said.contains("enableCleartextPlugin"), "{said}");
    let expected = "the client disconnected when asked for mysql_clear_password: enable its cleartext \
                    plugin";
    assert_eq!(server.next_reason(), expected);
}

#[test]
fn statements() {
    let server = Server::start();
    let mut command = node::command(&test_file("node/test_mysql2.mjs"));
    assert_success(&run(&mut command, &server.environment()));
    server.assert_all_were_let_in();
}
