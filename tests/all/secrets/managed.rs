//! A secret of Secrets Manager in place of a token: the command with moto and a real MariaDB.

use rds_bridge_test_support::on_each_server;
use rstest::rstest;
use rstest_reuse::apply;
use std::process::Output;

use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use rds_bridge_test_support::server::{PASSWORD, Product};
use serde_json::{Value as Json, json};

use crate::helpers::command::stdout;
use crate::helpers::secrets_manager::{WithSecrets, arn, whole};

const WHO: &str = "SELECT CURRENT_USER(), DATABASE()";

fn row(output: &Output) -> Json {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_str(stdout(output).trim()).unwrap()
}

#[apply(on_each_server)]
fn it_has_the_user_the_host_and_the_database(product: Product) {
    let aws = WithSecrets::new(product);
    let expected = json!({ "CURRENT_USER()": "password-user@%", "DATABASE()": "iamtest" });
    let arn = aws.create("eu-west-3", "prod/whole", &whole("password-user"));
    let output = aws.run(&["query", WHO, "--secret", &arn], &[]);
    assert_eq!(row(&output), expected);
    let output = aws.run(&["query", WHO], &[("DB_SECRET_ARN", &arn)]);
    assert_eq!(row(&output), expected);
    // It is asked for in the ARN's own region.
    let elsewhere = [("AWS_REGION", "us-east-1"), ("DB_SECRET_ARN", &arn)];
    assert_eq!(row(&aws.run(&["query", WHO], &elsewhere)), expected);
    let output = aws.run(&["query", WHO, "--region", "us-east-1"], &elsewhere);
    assert_eq!(row(&output), expected);
    // For all of AWS's services.
    let general = [
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", ""),
        ("AWS_ENDPOINT_URL", aws.moto.url()),
        ("DB_SECRET_ARN", &arn),
    ];
    assert_eq!(row(&aws.run(&["query", WHO], &general)), expected);
}

/// User and password alone.
#[apply(on_each_server)]
fn one_that_rds_manages_goes_with_a_host(product: Product) {
    let aws = WithSecrets::new(product);
    let text = json!({ "username": "password-user", "password": PASSWORD }).to_string();
    let name = &aws.create(REGION, "rds!db-0a1b2c3d-managed", &text);
    let variables = [
        ("DB_SECRET_ARN", name.as_str()),
        ("DB_HOST", ENDPOINT),
        ("DB_NAME", "iamtest"),
    ];
    let output = aws.run(&["query", WHO], &variables);
    let expected = json!({ "CURRENT_USER()": "password-user@%", "DATABASE()": "iamtest" });
    assert_eq!(row(&output), expected);

    let without = [("DB_SECRET_ARN", name.as_str())];
    let output = aws.run(&["query", WHO], &without);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(&format!("the secret {name} has no host")),
        "{said}"
    );
}

/// With two users that have the same password: of which only MariaDB has one.
#[test]
fn what_is_given_comes_first() {
    let product = Product::MariaDb;
    let aws = WithSecrets::new(product);
    // Of a host that is none, and a user that there is not.
    let text = whole("nobody").replace(ENDPOINT, "db.example.com");
    let name = &aws.create(REGION, "prod/given", &text);
    let output = aws.run(
        &["query", WHO, "--secret", name, "--username", "ed25519-user"],
        &[("DB_HOST", ENDPOINT), ("DB_NAME", "information_schema")],
    );
    let expected =
        json!({ "CURRENT_USER()": "ed25519-user@%", "DATABASE()": "information_schema" });
    assert_eq!(row(&output), expected);

    // And if it is wrong, that is what the causes begin with.
    let output = aws.run(
        &[
            "query",
            WHO,
            "--secret",
            name,
            "--username",
            "password-user",
        ],
        &[("DB_HOST", ENDPOINT)],
    );
    assert!(output.status.success(), "{output:?}");
    let wrong = text.replace(PASSWORD, "another");
    let input = json!({ "SecretId": name, "SecretString": wrong });
    aws.moto.secrets_manager(REGION, "PutSecretValue", &input);
    let output = aws.run(
        &[
            "query",
            WHO,
            "--secret",
            name,
            "--username",
            "password-user",
        ],
        &[("DB_HOST", ENDPOINT)],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(8), "{said}");
    for words in [
        "1. the user \"password-user\" was given, and the secret is of \"nobody\"",
        "2. mydb.abc123.eu-central-1.rds.amazonaws.com was given, and the secret is of db.example.com",
        "3. the password of \"password-user\" is not the one in the secret arn:aws:",
        ", which was fetched again",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

fn checks(output: &Output) -> Vec<(String, String, String)> {
    let report: Json = serde_json::from_str(stdout(output)).unwrap();
    let text = |check: &Json, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .map(|it| (text(it, "check"), text(it, "outcome"), text(it, "detail")))
        .collect()
}

#[apply(on_each_server)]
fn the_doctor_tells_that_it_was_fetched(product: Product) {
    let aws = WithSecrets::new(product);
    let arn = &aws.create(REGION, "prod/doctor", &whole("password-user"));
    let arguments = ["doctor", "--offline", "--json", "--secret", arn];
    let output = aws.run(&arguments, &[]);
    assert!(output.status.success(), "{output:?}");
    let all = checks(&output);
    let names: Vec<&str> = all.iter().map(|(name, ..)| name.as_str()).collect();
    let expected = [
        "credentials",
        "secret",
        "settings",
        "addresses",
        "TCP",
        "TLS",
        "login",
        "SELECT 1",
        "clock",
    ];
    assert_eq!(names, expected);
    let detail = |name| &all.iter().find(|(own, ..)| own == name).unwrap().2;
    let secret = detail("secret");
    assert!(
        secret.starts_with(&format!("{arn} (eu-central-1), version ")),
        "{secret}"
    );
    assert!(
        secret.ends_with(": username, password, host, port, dbname"),
        "{secret}"
    );
    let settings = format!("password-user at {ENDPOINT}:3307, through 127.0.0.1:");
    assert!(detail("settings").starts_with(&settings), "{all:?}");
    let method = match product {
        Product::MySql => "caching_sha2_password",
        Product::MariaDb => "mysql_native_password",
    };
    assert!(detail("login").contains(method), "{all:?}");

    // As people read it, with AWS asked who the caller is.
    let variables = [
        ("AWS_ENDPOINT_URL_STS", ""),
        ("AWS_ENDPOINT_URL", aws.moto.url()),
    ];
    let output = aws.run(&["doctor", "--secret", arn], &variables);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("✓ identity") && said.contains("✓ secret "),
        "{said}"
    );
}

#[apply(on_each_server)]
fn the_doctor_stops_at_one_that_is_of_no_use(product: Product) {
    let aws = WithSecrets::new(product);
    let of_no_use = &aws.create(REGION, "prod/of-no-use", "hunter2");
    for (name, variables, at) in [
        (of_no_use, vec![], "secret"),
        (&arn("prod/not-there"), vec![], "secret"),
        (&"hunter2".to_owned(), vec![], "settings"),
        (of_no_use, vec![("AWS_ACCESS_KEY_ID", "")], "credentials"),
    ] {
        let arguments = ["doctor", "--offline", "--json", "--secret", name];
        let output = aws.run(&arguments, &variables);
        let code = if at == "settings" { 2 } else { 3 };
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let mut seen = false;
        for (own, outcome, detail) in checks(&output) {
            let expected = match (own == at, seen) {
                (true, _) => "failed",
                (false, true) => "not reached",
                (false, false) => "good",
            };
            assert_eq!(outcome, expected, "{at}: {own} {detail}");
            seen |= own == at;
        }
        assert!(seen, "{at}");
    }
}

#[apply(on_each_server)]
fn one_that_is_for_an_iam_user_is_not_sent(product: Product) {
    let aws = WithSecrets::new(product);
    let arn = aws.create(REGION, "prod/iam", &whole("lambda-user"));
    let output = aws.run(&["query", WHO, "--secret", &arn], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(
        said.contains("1. the database user is one of IAM authentication, or there is none"),
        "{said}"
    );
}
