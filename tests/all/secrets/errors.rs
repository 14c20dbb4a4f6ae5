//! Secrets that are not there, may not be read, or are of no use: each has its own words, the exit code of
//! credentials, and nothing of what is in it.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::Product;
use rstest::rstest;
use rstest_reuse::apply;
use std::process::Output;

use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use serde_json::json;

use crate::helpers::fake_aws::FakeEndpoint;
use crate::helpers::secrets_manager::{WithSecrets, arn, run_at, whole};

/// One message with all of these words, and the exit code.
fn check(what: &str, output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{what}: {said}");
    assert!(output.stdout.is_empty());
    let messages = said.lines().filter(|line| line.starts_with("rds-bridge: "));
    assert_eq!(messages.count(), 1, "{what}: {said}");
    for word in words {
        assert!(said.contains(word), "{what}: {word}: {said}");
    }
    assert!(!said.contains("hunter2"), "{what}: {said}");
}

const QUERY: [&str; 3] = ["query", "SELECT 1", "--secret"];

fn query(name: &str) -> Vec<&str> {
    [&QUERY[..], &[name]].concat()
}

#[apply(on_each_server)]
fn what_is_in_it_is_not_as_rds_has_it(product: Product) {
    let aws = WithSecrets::new(product);
    let form = "let it be as RDS's are";
    for (name, text, words) in [
        ("text", "hunter2", ["not JSON", form]),
        ("string", "\"hunter2\"", ["not JSON", form]),
        ("cut", "{\"password\": \"hunter2", ["not JSON", form]),
        ("other", r#"{"api-key": "hunter2"}"#, ["no password", form]),
        (
            "number",
            r#"{"username": "u", "password": 1}"#,
            ["no password", form],
        ),
        (
            "postgres",
            r#"{"engine": "postgres", "username": "u", "password": "hunter2"}"#,
            ["another kind of database (postgres)", "another database"],
        ),
        (
            "port",
            r#"{"username": "u", "password": "hunter2", "port": "hunter2"}"#,
            ["a port that is not a number", "leave it away"],
        ),
    ] {
        let name = aws.create(REGION, &format!("bad/{name}"), text);
        let output = aws.run(&query(&name), &[]);
        let whole = format!("credentials: the secret {name} (eu-central-1) ");
        check(&name, &output, 3, &[&[whole.as_str()], &words[..]].concat());
    }

    let name = format!("bad/binary/{}", product.name());
    let binary = json!({ "Name": name, "SecretBinary": "aHVudGVyMg==" });
    let made = aws.moto.secrets_manager(REGION, "CreateSecret", &binary);
    let output = aws.run(&query(made["ARN"].as_str().unwrap()), &[]);
    check("binary", &output, 3, &["is binary", form]);

    // What is missing there may be given.
    for (name, text, words) in [
        ("user", r#"{"password": "hunter2"}"#, " has no username"),
        (
            "host",
            r#"{"username": "u", "password": "hunter2", "host": "mysql://u:hunter2@h"}"#,
            "secret: it is not a host's name",
        ),
    ] {
        let name = aws.create(REGION, &format!("bad/{name}"), text);
        let output = aws.run(&query(&name), &[]);
        check(&name, &output, 2, &[words]);
    }
}

#[apply(on_each_server)]
fn it_is_not_there(product: Product) {
    let aws = WithSecrets::new(product);
    let nowhere = arn("prod/nowhere");
    let whole_words = format!("credentials: the secret {nowhere} (eu-central-1) is not there");
    let words = [whole_words.as_str(), "list-secrets --region eu-central-1"];
    check("not there", &aws.run(&query(&nowhere), &[]), 3, &words);

    let arn = aws.create(REGION, "prod/deleted", &whole("password-user"));
    let input = json!({ "SecretId": arn });
    aws.moto.secrets_manager(REGION, "DeleteSecret", &input);
    let words = ["(eu-central-1) is deleted", "restore-secret"];
    check("deleted", &aws.run(&query(&arn), &[]), 3, &words);
}

/// As moto does not.
#[apply(on_each_server)]
fn aws_refuses(product: Product) {
    let denied = "AccessDeniedException";
    let of_policy = "User: arn:aws:sts::123456789012:assumed-role/reader/f is not authorized to perform: \
        secretsmanager:GetSecretValue on resource: prod/db";
    for (code, message, words) in [
        (
            denied,
            of_policy,
            [
                "may not be read: User: arn:aws:sts::123456789012:assumed-role/reader/f",
                "1. the caller's IAM policy does not allow secretsmanager:GetSecretValue",
            ],
        ),
        (
            denied,
            "Access to KMS is not allowed",
            [
                "may not be read: Access to KMS is not allowed",
                "1. it is encrypted with a KMS key of your own",
            ],
        ),
        (
            "DecryptionFailure",
            "key disabled",
            ["cannot be decrypted: key disabled", "kms:Decrypt"],
        ),
        (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            [
                "UnrecognizedClientException: The security",
                "the AWS credentials are wrong",
            ],
        ),
        (
            "InternalServiceError",
            "An error occurred on the server side.",
            [
                "InternalServiceError: An error",
                "1. AWS has a fault of its own",
            ],
        ),
    ] {
        let body = json!({ "__type": code, "Message": message }).to_string();
        let fake = FakeEndpoint::start(move |_| (400, body.clone()));
        let once = [("AWS_MAX_ATTEMPTS", "1")];
        let output = run_at(product, &fake.url(), &query(&arn("prod/db")), &once);
        check(code, &output, 3, &words);
    }
}

/// Whatever answers in its place, also with what looks like a secret.
#[apply(on_each_server)]
fn what_answers_is_not_secrets_manager(product: Product) {
    let cut = r#"{"Name": "prod/db", "SecretString": "{\"password\": \"hunter2\"}"#;
    for (status, body) in [
        (200, "<html>hunter2</html>"),
        (200, cut),
        (403, "<html>hunter2</html>"),
        (200, "{}"),
    ] {
        let fake = FakeEndpoint::start(move |_| (status, body.to_owned()));
        let output = run_at(
            product,
            &fake.url(),
            &query(&arn("prod/db")),
            &[("AWS_MAX_ATTEMPTS", "1")],
        );
        let words = match body {
            "{}" => "is not JSON".to_owned(),
            _ => format!("the answer (status {status}) is not one of Secrets Manager"),
        };
        check(body, &output, 3, &[&words]);
    }
    let variables = [("AWS_MAX_ATTEMPTS", "1")];
    let output = run_at(
        product,
        "http://127.0.0.1:1",
        &query(&arn("prod/db")),
        &variables,
    );
    let words = [
        "cannot be asked for",
        "Connection refused",
        "a VPC endpoint for com.amazonaws.eu-central-1.secretsmanager",
    ];
    check("nobody", &output, 3, &words);
    for url in ["localhost:4566", "http://u:hunter2@", "hunter2"] {
        let output = run_at(product, url, &query(&arn("prod/db")), &variables);
        check(url, &output, 3, &["see AWS_ENDPOINT_URL_SECRETS_MANAGER"]);
    }
}

#[apply(on_each_server)]
fn it_does_not_answer_in_time(product: Product) {
    // It takes the connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let arn = arn("prod/db");
    let arguments = [&query(&arn)[..], &["--connect-timeout", "1"]].concat();
    let output = run_at(product, &url, &arguments, &[]);
    let words = [
        "credentials: not done within 1 s",
        "no way to Secrets Manager",
    ];
    check("silent", &output, 3, &words);
}

#[apply(on_each_server)]
fn settings_that_cannot_be(product: Product) {
    let aws = WithSecrets::new(product);
    for (text, words) in [
        (
            r#"{"username":"u","password":"hunter2"}"#,
            "for it may be a password",
        ),
        ("mysql://u:hunter2@h/d", "it is not the ARN of a secret"),
        // As a name may look.
        ("hunter2", "it is not the ARN of a secret"),
        (
            "arn:aws:rds:eu-central-1:123456789012:db:hunter2",
            "the ARN of something else than a secret",
        ),
    ] {
        let output = aws.run(&query(text), &[]);
        check(text, &output, 2, &["--secret: ", words]);
    }
    let variables = [("DB_SECRET_ARN", "hunter2")];
    let help = aws.run(&["query", "--help"], &variables).stdout;
    assert!(!String::from_utf8_lossy(&help).contains("hunter2"));
    // An empty one is not set.
    let output = aws.run(
        &["query", "SELECT 1"],
        &[("DB_SECRET_ARN", ""), ("DB_HOST", ENDPOINT)],
    );
    check("empty", &output, 2, &["no user"]);
    let none = [("AWS_ACCESS_KEY_ID", "")];
    check(
        "no credentials",
        &aws.run(&query(&arn("prod/db")), &none),
        3,
        &["AWS_ACCESS_KEY_ID"],
    );
}
