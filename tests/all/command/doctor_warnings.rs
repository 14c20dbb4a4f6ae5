//! The warnings of `rds-bridge doctor` before it connects. Nothing listens at the address.

use serde_json::Value as Json;

use crate::helpers::command::{KEYS, run, stdout};

const MISSING: &str = "db.abc.il-central-1.rds.amazonaws.com";
const BUNDLED: &str = "db.abc.eu-central-1.rds.amazonaws.com";

fn checks(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<Json> {
    let base = [("DB_USER", "u"), ("DB_CONNECT_TO", "127.0.0.1:1")];
    let variables = [&KEYS[..], &base, variables].concat();
    let output = run(&[&["doctor", "--json"], arguments].concat(), &variables, "");
    let report: Json = serde_json::from_str(stdout(&output)).unwrap();
    report["checks"].as_array().unwrap().clone()
}

fn position(checks: &[Json], name: &str) -> Option<usize> {
    checks.iter().position(|check| check["check"] == name)
}

#[test]
fn that_the_roots_of_the_region_are_not_there() {
    let checks_of = |host| checks(&["--offline"], &[("DB_HOST", host)]);
    let missing = checks_of(MISSING);
    let roots = position(&missing, "roots").unwrap();
    assert!(roots < position(&missing, "TCP").unwrap(), "{missing:?}");
    let check = &missing[roots];
    assert_eq!(check["outcome"], "doubtful");
    assert!(
        check["detail"].as_str().unwrap().contains("il-central-1"),
        "{check}"
    );
    let remedy = check["causes"][0]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains(
            "https://truststore.pki.rds.amazonaws.com/il-central-1/il-central-1-bundle.pem"
        ),
        "{remedy}"
    );

    assert_eq!(position(&checks_of(BUNDLED), "roots"), None);
    let proxy = "gate.proxy-abc.il-central-1.rds.amazonaws.com";
    assert_eq!(position(&checks_of(proxy), "roots"), None);
    let given = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../host/bridge/src/tls/roots.pem"
    );
    let with_file = [("DB_HOST", MISSING), ("DB_CA_FILE", given)];
    assert_eq!(position(&checks(&["--offline"], &with_file), "roots"), None);
}

#[test]
fn that_sts_is_named_without_tls() {
    let sts = "http://sts.example.com";
    let variables = [("DB_HOST", BUNDLED), ("AWS_ENDPOINT_URL_STS", sts)];
    let checks = checks(&[], &variables);
    let check = &checks[position(&checks, "identity").unwrap()];
    assert_eq!(check["outcome"], "doubtful");
    let detail = check["detail"].as_str().unwrap();
    assert!(
        detail.contains(sts) && detail.contains("does not use TLS"),
        "{check}"
    );
    assert!(
        check["causes"][0]["remedy"]
            .as_str()
            .unwrap()
            .contains("https://"),
        "{check}"
    );
}

#[test]
fn that_secrets_manager_is_named_without_tls() {
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf";
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        let variables = [
            &KEYS[..],
            &[("DB_SECRET_ARN", arn), (name, "http://secrets.example.com")],
        ]
        .concat();
        let output = run(&["query", "SELECT 1"], &variables, "");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{error}");
        for words in ["http://secrets.example.com", "does not use TLS", "https://"] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }
}

/// With credentials from the environment, the region comes from there too. A region in an argument or in the endpoint's
/// name takes precedence.
#[test]
fn the_emulator_takes_the_region_of_the_environment() {
    let region = |arguments: &[&str], variables: &[(&str, &str)]| {
        let command = [
            &["emulate", "--port", "0"],
            arguments,
            &["--", "sh", "-c", "echo $AWS_REGION"],
        ]
        .concat();
        let variables = [&[("PATH", "/usr/bin:/bin")], variables].concat();
        let output = run(&command, &variables, "");
        assert!(output.status.success(), "{output:?}");
        stdout(&output).trim().to_owned()
    };
    let both = [
        ("AWS_REGION", "eu-west-3"),
        ("AWS_DEFAULT_REGION", "eu-west-2"),
    ];
    let second = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "eu-west-2")];
    assert_eq!(region(&[], &both), "eu-west-3");
    assert_eq!(region(&[], &second), "eu-west-2");
    assert_eq!(region(&[], &[]), "us-east-1");
    assert_eq!(region(&["--region", "sa-east-1"], &both), "sa-east-1");
    let endpoint = ["--endpoint", BUNDLED];
    assert_eq!(region(&endpoint, &both), "eu-central-1");
}
