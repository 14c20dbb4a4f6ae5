//! Values that are not host names. Every command refuses them in the same way, and names the setting.

use crate::helpers::command::{KEYS, run};

const WITH_PORT: &str = "mydb.abc123.eu-central-1.rds.amazonaws.com:3306";

const COMMANDS: [&[&str]; 4] = [&["setup"], &["token"], &["query", "SELECT 1"], &["doctor"]];

/// The only message of a command, with the host in a variable or in an argument.
fn refusal(command: &[&str], arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let base = [("DB_USER", "u"), ("AWS_REGION", "us-east-1")];
    let variables = [&KEYS[..], &base, variables].concat();
    let output = run(&[command, arguments].concat(), &variables, "");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
    said
}

#[test]
fn a_port_behind_the_host_is_refused_with_what_to_do() {
    for command in COMMANDS {
        for (name, said) in [
            ("DB_HOST", refusal(command, &[], &[("DB_HOST", WITH_PORT)])),
            (
                "--hostname",
                refusal(command, &["--hostname", WITH_PORT], &[]),
            ),
            (
                "--hostname",
                refusal(command, &["--hostname", WITH_PORT], &[("DB_HOST", "x")]),
            ),
        ] {
            for words in [name, WITH_PORT, "3306 as the port"] {
                assert!(said.contains(words), "{command:?}, {words}: {said}");
            }
        }
    }
}

#[test]
fn what_is_no_name_is_refused_by_every_command() {
    for command in COMMANDS {
        for (host, words) in [
            ("no host", "neither a DNS name"),
            ("bücher.example", "neither a DNS name"),
            ("db.example.com.", "ends with a dot"),
            ("a..b", "neither a DNS name"),
        ] {
            let said = refusal(command, &[], &[("DB_HOST", host)]);
            assert!(
                said.contains(words) && said.contains("DB_HOST"),
                "{command:?}: {said}"
            );
        }
        let url = refusal(command, &[], &[("DB_HOST", "mysql://u:hunter2@db/x")]);
        assert!(url.contains("DB_HOST") && !url.contains("hunter2"), "{url}");
    }
    for command in [&["setup"], &["token"]] {
        let said = refusal(command, &[], &[("DB_HOST", "10.0.0.1")]);
        assert!(said.contains("10.0.0.1 is an IP address"), "{said}");
    }
}

#[test]
fn the_other_names_are_checked_too() {
    let host = ("DB_HOST", "db.abc.eu-central-1.rds.amazonaws.com");
    let name = ["--tls-server-name", "db.example.com:3306"];
    let said = refusal(&["query", "SELECT 1"], &name, &[host]);
    assert!(
        said.contains("--tls-server-name") && said.contains("db.example.com:3306"),
        "{said}"
    );
    for endpoint in ["localhost:3306", "no host", "a/b"] {
        let emulate = [
            "emulate",
            "--port",
            "0",
            "--endpoint",
            endpoint,
            "--",
            "true",
        ];
        let said = refusal(&emulate, &[], &[("PATH", "/usr/bin:/bin")]);
        assert!(said.contains("endpoint"), "{said}");
    }
}

/// An error names the argument or the variable of the value. An empty variable counts as not set.
#[test]
fn a_variable_is_named_and_an_empty_one_is_not_set() {
    let host = ("DB_HOST", "db.abc.eu-central-1.rds.amazonaws.com");
    for (command, port) in [
        (&["token"][..], "70000"),
        (&["query", "SELECT 1"], "70000"),
        (&["doctor"], "x"),
    ] {
        let said = refusal(command, &[], &[host, ("DB_PORT", port)]);
        assert!(
            said.contains("DB_PORT") && said.contains(port) && !said.contains("--port"),
            "{said}"
        );
        let said = refusal(command, &["--port", port], &[host, ("DB_PORT", "1")]);
        assert!(
            said.contains("--port") && !said.contains("DB_PORT"),
            "{said}"
        );
    }
    let empty = [
        "DB_PORT",
        "DB_NAME",
        "AWS_REGION",
        "RDS_BRIDGE_LOG",
        "DB_CONNECT_TO",
        "DB_CA_FILE",
        "DB_SECRET_ARN",
        "AWS_PROFILE",
        "AWS_CREDENTIAL_EXPIRATION",
    ];
    let empty = empty.map(|name| (name, ""));
    let variables = [&KEYS[..], &[host, ("DB_USER", "u")], &empty].concat();
    let output = run(&["token"], &variables, "");
    assert!(output.status.success(), "{output:?}");
    let output = run(&["setup"], &variables, "");
    assert!(output.status.success(), "{output:?}");
    // The error is not about an empty argument, because none was passed.
    let said = refusal(&["setup"], &["--format=sql"], &[host, ("DB_NAME", "")]);
    assert!(said.contains("no database"), "{said}");
}
