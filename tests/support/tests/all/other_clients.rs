//! Other clients and another verifier of the component's tokens.

use std::process::{Command, Output};

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::python::{interpreter, script};
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::client::{
    ITEMS, assert_access_denied, assert_reads_items, now, read_items, stderr, stdout, token,
    token_at,
};

fn login_with_boto3(server: &Server, expectation: &Expectation, user: &str) -> Output {
    let session_token = expectation.session_token.as_ref();
    Command::new(interpreter())
        .arg(script("login_with_boto3.py"))
        .args(["localhost", &server.port().to_string()])
        .arg(server.ca_file())
        .args([&expectation.host, &expectation.region, user])
        // The user who runs the test may have credentials and profiles.
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", &expectation.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &expectation.secret_access_key)
        .envs(session_token.map(|token| ("AWS_SESSION_TOKEN", token)))
        .output()
        .unwrap()
}

#[apply(on_each_server)]
fn boto3_signs_and_pymysql_logs_in(product: Product) {
    let temporary = Expectation {
        session_token: Some("FwoGZX/+ab==".repeat(80)),
        ..Expectation::default()
    };
    let server = Server::start(product, &Options::default());
    for (expectation, refused) in [(Expectation::default(), 1), (temporary, 2)] {
        server.expect(&expectation);
        let output = login_with_boto3(&server, &expectation, "lambda-user");
        assert_eq!(stdout(&output), ITEMS, "{}", stderr(&output));

        let elsewhere = Expectation {
            region: "us-east-1".into(),
            ..expectation
        };
        let output = login_with_boto3(&server, &elsewhere, "lambda-user");
        assert!(stderr(&output).contains("(1045, \"Access denied for user 'lambda-user'"));
        let log = server.error_log();
        let said = "signed for the region us-east-1";
        assert_eq!(log.matches(said).count(), refused, "{log}");
    }
}

/// The verifier is not the component's `verify`, which shares the component's code.
#[apply(on_each_server)]
fn botocore_agrees_with_what_the_component_signs(product: Product) {
    let temporary = Expectation {
        session_token: Some("FwoGZX/+ab==".repeat(80)),
        ..Expectation::default()
    };
    for ours in [Expectation::default(), temporary] {
        let server = Server::start(
            product,
            &Options {
                expectation: ours.clone().verified_by_botocore(),
                ..Options::default()
            },
        );
        let login = |token: &str| read_items(&server, "lambda-user", token);
        assert_reads_items(&login(&token(&ours, "lambda-user")));

        let elsewhere = Expectation {
            region: "us-east-1".into(),
            ..ours.clone()
        };
        for (bad, reason) in [
            (
                token(&elsewhere, "lambda-user"),
                "botocore signs another token",
            ),
            (token(&ours, "Lambda-User"), "botocore signs another token"),
            (
                token_at(&ours, "lambda-user", now() - 901),
                "and not good now",
            ),
            ("hunter2".to_owned(), "not a token"),
        ] {
            assert_access_denied(&login(&bad), "lambda-user");
            let log = server.error_log();
            let mut lines = log.lines().rev();
            let line = lines.find_map(|line| line.strip_prefix("[botocore] refused: "));
            let line = line.unwrap();
            assert!(line.ends_with(reason), "{line}");
        }
    }
}
