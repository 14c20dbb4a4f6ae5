//! The password of a user without IAM authentication: how it is given, and that it is asked for.

use std::fs;
use std::process::Command;

use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::{on_each_server, python};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::helpers::command::{executable, stderr, stdout, with};
use crate::helpers::live::environment;

const WHO: &str = "SELECT CURRENT_USER() AS user";
const EXPECTED: &str = "{\"user\":\"password-user@%\"}\n";
const USER: (&str, &str) = ("DB_USER", "password-user");

#[apply(on_each_server)]
fn a_file_or_a_variable_gives_the_password(product: Product) {
    let server = Server::shared(product);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("password");
    fs::write(&path, format!("{PASSWORD}\n")).unwrap();
    let file = path.to_str().unwrap();
    // Neither needs AWS credentials.
    let no_key = ("AWS_ACCESS_KEY_ID", "");
    let no_secret_key = ("AWS_SECRET_ACCESS_KEY", "");
    for (variables, arguments) in [
        (
            &[USER, no_key, no_secret_key, ("DB_PASSWORD", PASSWORD)][..],
            &["query", WHO][..],
        ),
        (
            &[USER, no_key, no_secret_key],
            &["query", WHO, "--password-file", file],
        ),
        // The file takes precedence.
        (
            &[USER, ("DB_PASSWORD", "wrong")],
            &["query", WHO, "--password-file", file],
        ),
    ] {
        let output = with(server, variables, arguments);
        assert_eq!(stdout(&output), EXPECTED, "{}", stderr(&output));
    }
    let wrong = [USER, ("DB_PASSWORD", "hunter2")];
    let output = with(server, &wrong, &["query", WHO]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(
        !said.contains("hunter2") && !said.contains("none is given"),
        "{said}"
    );
    let output = with(server, &wrong[..1], &["doctor", "--offline", "--json"]);
    assert_eq!(output.status.code(), Some(8));
    assert!(stdout(&output).contains("DB_PASSWORD"), "{output:?}");
}

#[apply(on_each_server)]
fn a_refused_token_says_how_to_give_a_password(product: Product) {
    let server = Server::shared(product);
    let output = with(server, &[USER], &["query", WHO]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(
        said.contains("→ set DB_PASSWORD, or add --password-file FILE"),
        "{said}"
    );
    for changes in [
        &[("DB_PASSWORD", PASSWORD), ("DB_SECRET_ARN", "arn:aws:x")][..],
        &[("DB_PASSWORD", ""), ("DB_HOST", "")],
    ] {
        let output = with(server, changes, &["query", WHO]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    }
    let output = with(
        server,
        &[USER],
        &["query", WHO, "--password-file", "/no/such"],
    );
    assert_eq!(output.status.code(), Some(5));
    assert!(stderr(&output).contains("/no/such"), "{}", stderr(&output));
}

#[apply(on_each_server)]
fn a_prompt_does_not_echo(product: Product) {
    let server = Server::shared(product);
    let ask = |typed: &str| {
        let output = Command::new(python::interpreter())
            .arg(python::script("type_in_terminal.py"))
            .arg(typed)
            .arg(executable())
            .args(["query", WHO, "--password-file", "-"])
            .env_clear()
            .envs(environment(server))
            .env("DB_USER", "password-user")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice::<Json>(&output.stdout).unwrap()
    };
    let said = ask(&format!("{PASSWORD}\r"));
    assert_eq!(said["code"], 0, "{said}");
    assert_eq!(said["stdout"], EXPECTED);
    assert_eq!(said["terminal"], "Password: \r\n");
    assert_eq!(said["echo"], true);
    let said = ask("abc\u{3}");
    assert_eq!(said["code"], 130, "{said}");
    assert_eq!(said["echo"], true);
}
