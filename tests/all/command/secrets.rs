//! `rds-bridge query` and `doctor` with a secret of Secrets Manager: how it is named, and the messages about it.

use std::process::Output;

use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::Product;
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::command::{stderr, stdout};
use crate::helpers::secrets_manager::{WithSecrets, arn, whole};

const WHO: &str = "SELECT CURRENT_USER(), DATABASE()";

#[apply(on_each_server)]
fn the_flag_and_the_variable_name_it(product: Product) {
    let aws = WithSecrets::new(product);
    let arn = aws.create("eu-west-3", "prod/named", &whole("password-user"));
    let of_environment = [("AWS_REGION", "us-east-1"), ("DB_SECRET_ARN", &arn)];
    for (arguments, variables) in [
        (&["query", WHO, "--secret", &arn][..], &[][..]),
        (&["query", WHO], &of_environment),
        (&["query", WHO, "--region", "us-east-1"], &of_environment),
    ] {
        let output = aws.run(arguments, variables);
        assert!(output.status.success(), "{output:?}");
        let row: Json = serde_json::from_str(stdout(&output).trim()).unwrap();
        let expected = json!({ "CURRENT_USER()": "password-user@%", "DATABASE()": "iamtest" });
        assert_eq!(row, expected);
    }
    // An argument takes precedence over the secret.
    let arguments = ["query", WHO, "--secret", &arn, "--username", "another-user"];
    let output = aws.run(&arguments, &[("DB_NAME", "information_schema")]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(8), "{said}");
    let cause = "the user \"another-user\" was given, but the secret is for \"password-user\"";
    assert!(said.contains(cause), "{said}");
    let help = aws.run(&["query", "--help"], &[("DB_SECRET_ARN", "hunter2")]);
    assert!(!stdout(&help).contains("hunter2"));
}

#[apply(on_each_server)]
fn what_is_wrong_gets_one_message_and_its_exit_code(product: Product) {
    let aws = WithSecrets::new(product);
    let nowhere = arn("prod/nowhere");
    let without_host = json!({ "username": "u", "password": "hunter2" }).to_string();
    let without_host = aws.create(REGION, "prod/without-host", &without_host);
    let empty = [("DB_SECRET_ARN", ""), ("DB_HOST", ENDPOINT)];
    for (code, words, name, variables) in [
        (3, "was not found", Some(&nowhere), &[][..]),
        (
            3,
            "AWS_ACCESS_KEY_ID",
            Some(&nowhere),
            &[("AWS_ACCESS_KEY_ID", "")],
        ),
        (2, "contains no host", Some(&without_host), &[]),
        (2, "--secret: not the ARN", Some(&"hunter2".to_owned()), &[]),
        // An empty variable counts as not set.
        (2, "no user", None, &empty),
    ] {
        let flag = name.map(|name| ["--secret", name]);
        let arguments = [&["query", WHO][..], flag.as_ref().map_or(&[], |flag| flag)].concat();
        let output = aws.run(&arguments, variables);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(stdout(&output), "", "{said}");
        let messages = said.lines().filter(|line| line.starts_with("rds-bridge: "));
        assert_eq!(messages.count(), 1, "{said}");
        assert!(
            said.contains(words) && !said.contains("hunter2"),
            "{words}: {said}"
        );
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
        "greeting",
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
        secret.ends_with(", with the keys username, password, host, port, dbname"),
        "{secret}"
    );
    let settings = format!("password-user at {ENDPOINT}:3307, through 127.0.0.1:");
    assert!(detail("settings").starts_with(&settings), "{all:?}");
    let method = match product {
        Product::MySql => "caching_sha2_password",
        Product::MariaDb => "mysql_native_password",
    };
    assert!(detail("login").contains(method), "{all:?}");

    // The text for people. `doctor` asks AWS for the caller's identity.
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
