//! Settings that contradict each other or belong to another endpoint.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{HOST, KEYS, executable, run, stderr, stdout, with};

#[test]
fn a_port_belongs_to_its_host() {
    let variables = [
        &KEYS[..],
        &[("DB_HOST", HOST), ("DB_PORT", "13306"), ("DB_USER", "u")],
    ]
    .concat();
    let other = "other.abc123.eu-central-1.rds.amazonaws.com";
    for (arguments, expected) in [
        (&["token"][..], format!("{HOST}:13306/")),
        (&["token", "--hostname", HOST], format!("{HOST}:13306/")),
        (&["token", "--hostname", other], format!("{other}:3306/")),
        (
            &["token", "--hostname", other, "--port", "3307"],
            format!("{other}:3307/"),
        ),
    ] {
        let output = run(arguments, &variables, "");
        let token = stdout(&output);
        assert!(token.starts_with(&expected), "{token}{}", stderr(&output));
    }
}

#[test]
fn a_region_that_is_not_the_endpoints_is_warned_of() {
    let variables = [&KEYS[..], &[("DB_HOST", HOST), ("DB_USER", "u")]].concat();
    let warning = format!(
        "rds-bridge: warning: --region is eu-west-1, but the endpoint {HOST} is in us-east-1: RDS will refuse the \
         token: omit --region\n"
    );
    for (region, expected) in [("eu-west-1", warning.as_str()), ("us-east-1", "")] {
        let output = run(&["token", "--region", region], &variables, "");
        assert!(output.status.success());
        assert_eq!(stderr(&output), expected);
    }
}

/// The emulator has no IAM policies and no instances, so causes of RDS would be false.
#[test]
fn the_emulators_refusal_has_the_emulators_causes() {
    let output = run(
        &[
            "emulate",
            "--port",
            "0",
            "--refuse",
            "access-denied",
            "--",
            "sh",
            "-c",
            "\"$0\" query 'SELECT 1'",
            executable().to_str().unwrap(),
        ],
        &[("PATH", "/usr/bin:/bin")],
        "",
    );
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(said.contains("1. localhost is the emulator"), "{said}");
    assert!(!said.contains("IAM policy"), "{said}");
}

#[test]
fn a_full_server_is_not_a_refused_login() {
    let output = run(
        &[
            "emulate",
            "--port",
            "0",
            "--refuse",
            "too-many-connections",
            "--",
            "sh",
            "-c",
            "\"$0\" query 'SELECT 1'",
            executable().to_str().unwrap(),
        ],
        &[("PATH", "/usr/bin:/bin")],
        "",
    );
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
}

#[apply(on_each_server)]
fn many_causes_are_folded(product: Product) {
    let server = Server::shared(product);
    let changes = [("AWS_SECRET_ACCESS_KEY", "other")];
    let output = with(server, &changes, &["query", "SELECT 1"]);
    let said = stderr(&output);
    assert_eq!(said.matches('→').count(), 4, "{said}");
    assert!(
        said.ends_with("more, which rds-bridge doctor lists\n"),
        "{said}"
    );
    let output = with(server, &changes, &["doctor", "--offline"]);
    assert!(stdout(&output).matches('→').count() > 4, "{output:?}");
}
