//! Invalid input of the command: the message and the exit code.

use crate::helpers::command::{HOST, KEYS, run};

/// One line that says what to do, the documented exit code, and no output that looks like a token.
#[test]
fn bad_input_gets_one_line_and_its_exit_code() {
    let host = [
        "token",
        "--username",
        "u",
        "--region",
        "us-east-1",
        "--hostname",
    ];
    let user = ["token", "--hostname", HOST, "--username"];
    let with = |base: &[&'static str], more: &[&'static str]| [base, more].concat();
    let long: &'static str = "a".repeat(300).leak();
    let huge_input: &'static str = "u".repeat(1_100_000).leak();
    let huge: &'static str = "u".repeat(100_000).leak();
    /// The arguments, the environment, the standard input, the exit code, and a part of the message.
    type Case<'a> = (Vec<&'a str>, Vec<(&'a str, &'a str)>, &'a str, i32, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (vec!["tokne"], KEYS.to_vec(), "", 2, "tokne"),
        (
            vec!["token"],
            KEYS.to_vec(),
            "",
            2,
            "set DB_HOST and DB_USER",
        ),
        (
            vec!["token", "--hostname", HOST],
            KEYS.to_vec(),
            "",
            2,
            "DB_USER",
        ),
        (
            with(&user, &["u", "--port", "65536"]),
            KEYS.to_vec(),
            "",
            2,
            "65536",
        ),
        (
            with(&user, &["u", "--port", "0"]),
            KEYS.to_vec(),
            "",
            2,
            "--port must not be 0",
        ),
        (
            vec!["token", "--hostname", "db.example.com", "--username", "u"],
            KEYS.to_vec(),
            "",
            2,
            "--region",
        ),
        (
            vec![
                "query",
                "--hostname",
                "db.example.com",
                "--username",
                "u",
                "SELECT 1",
            ],
            KEYS.to_vec(),
            "",
            2,
            "give it with --region (DB_REGION)",
        ),
        (
            vec!["query", "SELECT", "1"],
            KEYS.to_vec(),
            "",
            2,
            "put the statement in quotes",
        ),
        (
            vec!["emulate", "npm", "test"],
            KEYS.to_vec(),
            "",
            2,
            "emulate … -- npm",
        ),
        (
            vec!["emulate", "--listen", "0.0.0.0", "--port", "0"],
            vec![],
            "",
            2,
            "--listen: other machines can reach this address",
        ),
        (with(&user, &["u"]), vec![], "", 3, "AWS_ACCESS_KEY_ID"),
        (
            with(&user, &["u"]),
            vec![KEYS[0]],
            "",
            3,
            "AWS_SECRET_ACCESS_KEY",
        ),
        (
            with(&user, &["u"]),
            [
                &KEYS[..],
                &[("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")],
            ]
            .concat(),
            "",
            3,
            "expired at 2020-01-01T00:00:00Z",
        ),
        (
            with(&user, &["u"]),
            vec![KEYS[0], ("AWS_SECRET_ACCESS_KEY", "secret\n")],
            "",
            2,
            "white space",
        ),
        (
            with(&user, &["u"]),
            vec![("AWS_ACCESS_KEY_ID", "a/b"), KEYS[1]],
            "",
            2,
            "the AWS access key ID contains a character that is not allowed",
        ),
        (
            with(&user, &[""]),
            KEYS.to_vec(),
            "",
            2,
            "--username is empty",
        ),
        (with(&user, &[huge]), KEYS.to_vec(), "", 2, "at most 128"),
        (
            with(&user, &["u", "--region", "US-EAST-1"]),
            KEYS.to_vec(),
            "",
            2,
            "lower-case",
        ),
        (
            with(&user, &["u", "--region", ""]),
            KEYS.to_vec(),
            "",
            2,
            "--region is empty",
        ),
        (
            with(&user, &["u", "--expires-in", "901"]),
            KEYS.to_vec(),
            "",
            2,
            "--expires-in: the lifetime of a token must be 1 to 900 seconds",
        ),
        (
            with(&user, &["u", "--expires-in", "0"]),
            KEYS.to_vec(),
            "",
            2,
            "--expires-in: the lifetime of a token must be 1 to 900 seconds",
        ),
        (
            with(&user, &["u", "--signed-at", "now"]),
            KEYS.to_vec(),
            "",
            2,
            "--signed-at",
        ),
        (
            with(&user, &["u", "--signed-at", "1969-12-31T23:59:59Z"]),
            KEYS.to_vec(),
            "",
            2,
            "--signed-at: the time must not be before 1970",
        ),
        (
            with(&host, &[""]),
            KEYS.to_vec(),
            "",
            2,
            "--hostname: it is not set",
        ),
        (
            with(&host, &["db.example.com."]),
            KEYS.to_vec(),
            "",
            2,
            "dot",
        ),
        (
            with(&host, &["10.0.0.1"]),
            KEYS.to_vec(),
            "",
            2,
            "IP address",
        ),
        (
            with(&host, &["bücher.example"]),
            KEYS.to_vec(),
            "",
            2,
            "neither a DNS name",
        ),
        (
            with(&host, &["https://db.example"]),
            KEYS.to_vec(),
            "",
            2,
            "the other parts of a URL",
        ),
        (with(&host, &[long]), KEYS.to_vec(), "", 2, "at most 253"),
        (vec!["inspect"], vec![], "", 4, "not a token"),
        (vec!["inspect"], vec![], "hunter2", 4, "password"),
        (
            vec!["inspect"],
            vec![],
            "https://db.example.com:3306/?Action=connect",
            4,
            "scheme",
        ),
        (
            vec!["inspect"],
            vec![],
            "db.example.com:3306/?Action=connect&DBUser=u",
            4,
            "truncated",
        ),
        (
            vec!["inspect"],
            vec![],
            "db.example.com%3A3306%2F%3FAction%3Dconnect",
            4,
            "decode it",
        ),
        (
            vec!["inspect"],
            vec![],
            huge_input,
            4,
            "longer than 262144 bytes",
        ),
        (vec!["component"], vec![], "", 2, "--output"),
        (
            vec!["component", "--output", "/nowhere/bridge.wasm"],
            vec![],
            "",
            5,
            "/nowhere/bridge.wasm",
        ),
    ];
    for (arguments, variables, input, code, says) in cases {
        let output = run(&arguments, &variables, input);
        let error = str::from_utf8(&output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:.80?}: {error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(
            error.starts_with("rds-bridge: ") && error.contains(says),
            "{error}"
        );
        assert!(
            output.stdout.is_empty() && !error.contains("X-Amz-Signature"),
            "{error}"
        );
    }
}
