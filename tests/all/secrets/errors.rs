//! Secrets that are missing, forbidden or unusable: each error has its own text and the category of credentials, and
//! contains nothing of the secret.

use rds_bridge::Stage;
use rds_bridge::error::Category;
use rds_bridge_test_support::expectation::REGION;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::Product;
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::fake_aws::FakeEndpoint;
use crate::helpers::library::Outcome;
use crate::helpers::secrets_manager::{WithSecrets, arn, log_in_at, whole};

/// The fake always answers the same, so retries are useless.
const ONCE: [(&str, &str); 1] = [("AWS_MAX_ATTEMPTS", "1")];

/// Asserts an error of the credentials with all of these words.
#[track_caller]
fn check(outcome: Outcome, words: &[&str]) {
    check_in(Category::Credentials, Stage::Credentials, outcome, words);
}

/// Asserts an error of the settings with all of these words.
#[track_caller]
fn check_settings(outcome: Outcome, words: &[&str]) {
    check_in(Category::Settings, Stage::Settings, outcome, words);
}

#[track_caller]
fn check_in(category: Category, stage: Stage, outcome: Outcome, words: &[&str]) {
    let error = outcome.failure();
    error.assert_is(stage, category).assert_says(words);
    assert!(!error.text().contains("hunter2"), "{}", error.text());
}

#[apply(on_each_server)]
fn what_is_in_it_is_not_as_rds_has_it(product: Product) {
    let aws = WithSecrets::new(product);
    let form = "use the JSON that RDS writes";
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
            [
                "another kind of database (postgres)",
                "another kind of database",
            ],
        ),
        (
            "port",
            r#"{"username": "u", "password": "hunter2", "port": "hunter2"}"#,
            ["a port that is not a number", "or remove it"],
        ),
    ] {
        let name = aws.create(REGION, &format!("bad/{name}"), text);
        let whole = format!("credentials: the secret {name} (eu-central-1) ");
        let words = [&[whole.as_str()], &words[..]].concat();
        check(aws.log_in(&[("secret", &name)], &[]), &words);
    }

    let name = format!("bad/binary/{}", product.name());
    let binary = json!({ "Name": name, "SecretBinary": "aHVudGVyMg==" });
    let made = aws.moto.secrets_manager(REGION, "CreateSecret", &binary);
    let secret = ("secret", made["ARN"].as_str().unwrap());
    check(aws.log_in(&[secret], &[]), &["is binary", form]);

    // A setting may provide the member that the secret lacks.
    for (name, text, words) in [
        (
            "user",
            r#"{"password": "hunter2"}"#,
            " contains no username",
        ),
        (
            "host",
            r#"{"username": "u", "password": "hunter2", "host": "mysql://u:hunter2@h"}"#,
            "secret: it is not a host name",
        ),
    ] {
        let name = aws.create(REGION, &format!("bad/{name}"), text);
        check_settings(aws.log_in(&[("secret", &name)], &[]), &[words]);
    }
}

#[apply(on_each_server)]
fn it_is_not_there(product: Product) {
    let aws = WithSecrets::new(product);
    let nowhere = arn("prod/nowhere");
    let whole_words = format!("credentials: the secret {nowhere} (eu-central-1) was not found");
    let words = [whole_words.as_str(), "list-secrets --region eu-central-1"];
    check(aws.log_in(&[("secret", &nowhere)], &[]), &words);

    let arn = aws.create(REGION, "prod/deleted", &whole("password-user"));
    let input = json!({ "SecretId": arn });
    aws.moto.secrets_manager(REGION, "DeleteSecret", &input);
    let words = ["(eu-central-1) is marked for deletion", "restore-secret"];
    check(aws.log_in(&[("secret", &arn)], &[]), &words);
}

/// With a fake, because moto does not refuse.
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
                "may not be read with these AWS credentials: User: arn:aws:sts::123456789012:assumed-role/reader/f",
                "1. the caller's IAM policy does not allow secretsmanager:GetSecretValue",
            ],
        ),
        (
            denied,
            "Access to KMS is not allowed",
            [
                "may not be read with these AWS credentials: Access to KMS is not allowed",
                "1. the secret is encrypted with a customer managed KMS key",
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
                "1. AWS has a temporary fault",
            ],
        ),
    ] {
        let body = json!({ "__type": code, "Message": message }).to_string();
        let fake = FakeEndpoint::start(move |_| (400, body.clone()));
        let secret = [("secret", &*arn("prod/db"))];
        check(log_in_at(product, &fake.url(), &secret, &ONCE), &words);
    }
}

/// Another server answers, also with text that looks like a secret.
#[apply(on_each_server)]
fn what_answers_is_not_secrets_manager(product: Product) {
    let cut = r#"{"Name": "prod/db", "SecretString": "{\"password\": \"hunter2\"}"#;
    let arn = arn("prod/db");
    let secret = [("secret", arn.as_str())];
    for (status, body) in [
        (200, "<html>hunter2</html>"),
        (200, cut),
        (403, "<html>hunter2</html>"),
        (200, "{}"),
    ] {
        let fake = FakeEndpoint::start(move |_| (status, body.to_owned()));
        let words = match body {
            "{}" => "is not JSON".to_owned(),
            _ => format!("the response (status {status}) is not from Secrets Manager"),
        };
        check(log_in_at(product, &fake.url(), &secret, &ONCE), &[&words]);
    }
    let outcome = log_in_at(product, "http://127.0.0.1:1", &secret, &ONCE);
    let words = [
        "cannot be fetched",
        "Connection refused",
        "a VPC endpoint for com.amazonaws.eu-central-1.secretsmanager",
    ];
    check(outcome, &words);
    for url in ["localhost:4566", "http://u:hunter2@", "hunter2"] {
        let outcome = log_in_at(product, url, &secret, &ONCE);
        check(outcome, &["check AWS_ENDPOINT_URL_SECRETS_MANAGER"]);
    }
}

#[apply(on_each_server)]
fn it_does_not_answer_in_time(product: Product) {
    // The server accepts the connection and does not answer.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let arn = arn("prod/db");
    let settings = [("secret", arn.as_str()), ("credentials_timeout", "1")];
    let outcome = log_in_at(product, &url, &settings, &[]);
    let words = [
        "credentials: timed out after 1 s",
        "Secrets Manager is unreachable",
    ];
    check(outcome, &words);
}

#[apply(on_each_server)]
fn settings_that_cannot_be(product: Product) {
    let aws = WithSecrets::new(product);
    for (text, words) in [
        (
            r#"{"username":"u","password":"hunter2"}"#,
            "because it may be a password",
        ),
        ("mysql://u:hunter2@h/d", "not the ARN of a secret"),
        // The value looks like the name of a secret.
        ("hunter2", "not the ARN of a secret"),
        (
            "arn:aws:rds:eu-central-1:123456789012:db:hunter2",
            "an ARN, but not that of a secret",
        ),
    ] {
        let error = aws.log_in(&[("secret", text)], &[]).failure();
        error.assert_is(Stage::Settings, Category::Settings);
        assert_eq!(error.setting(), Some("secret"), "{}", error.text());
        error.assert_says(&[words]);
        assert!(!error.text().contains("hunter2"), "{}", error.text());
    }
    let none = [("AWS_ACCESS_KEY_ID", "")];
    let outcome = aws.log_in(&[("secret", &arn("prod/db"))], &none);
    check(outcome, &["AWS_ACCESS_KEY_ID"]);
}
