//! `rds-bridge emulate` as a program: the environment of its command, its output, and its clean-up.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::helpers::command::{executable, send_signal, stdout};
use crate::helpers::emulator::server::test_file;

/// Runs it with this folder for temporary files, and with no other variables than `PATH` and these.
fn emulate(temporary: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(executable())
        .args(["emulate", "--port", "0", "--seed"])
        .arg(test_file("schema.sql"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TMPDIR", temporary)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[track_caller]
fn assert_is_empty(folder: &Path) {
    let left: Vec<_> = folder.read_dir().unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A program that asks for the writer can be tested without AWS.
#[test]
fn the_emulator_is_a_writer() {
    let temporary = tempfile::tempdir().unwrap();
    let own = executable();
    let own = own.to_str().unwrap();
    for (role, is_here) in [("writer", true), ("reader", false)] {
        let sql = "SELECT CURRENT_ROLE() AS r";
        let command = ["--", own, "query", sql, "--role", role];
        let output = emulate(temporary.path(), &command, &[]);
        assert_eq!(output.status.success(), is_here, "{output:?}");
        let expected = if is_here { "{\"r\":\"NONE\"}\n" } else { "" };
        assert_eq!(stdout(&output), expected, "{output:?}");
    }
}

/// Runs a command that queries the emulator, with these variables in the emulator's environment.
#[track_caller]
fn assert_finds_a_row(variables: &[(&str, &str)]) {
    let temporary = tempfile::tempdir().unwrap();
    let own = executable();
    let command = [
        "--",
        own.to_str().unwrap(),
        "query",
        "SELECT name FROM items WHERE id = 2",
    ];
    let output = emulate(temporary.path(), &command, variables);
    // Only the output of the command.
    assert_eq!(stdout(&output), "{\"name\":\"bread\"}\n", "{output:?}");
    assert!(output.status.success());
    assert_is_empty(temporary.path());
}

#[test]
fn a_command_finds_all_it_needs_in_its_environment() {
    assert_finds_a_row(&[]);
}

#[test]
fn a_command_has_no_settings_of_another_database() {
    let left_over = [
        ("AWS_SESSION_TOKEN", "stale"),
        ("DB_CONNECT_TO", "127.0.0.1:1"),
        ("DB_PASSWORD", "stale"),
        ("DB_REGION", "eu-west-1"),
        // The emulator is a writer.
        ("DB_ROLE", "reader"),
        ("DB_TOPOLOGY", "aurora"),
        (
            "DB_SECRET_ARN",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
        ),
    ];
    for variable in left_over {
        assert_finds_a_row(&[variable]);
    }
    assert_finds_a_row(&left_over);
}

#[test]
fn its_exit_code_is_the_commands() {
    let temporary = tempfile::tempdir().unwrap();
    for (command, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
        let output = emulate(temporary.path(), &["--", "sh", "-c", command], &[]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
    let output = emulate(temporary.path(), &["--", "no-such-command"], &[]);
    let error = str::from_utf8(&output.stderr).unwrap();
    assert!(
        error.contains("no-such-command") && error.lines().count() == 1,
        "{error}"
    );
    assert!(!output.status.success());
    assert_is_empty(temporary.path());
}

#[test]
fn lines_for_a_shell_up_to_an_empty_one() {
    let temporary = tempfile::tempdir().unwrap();
    // The program's standard input is already at its end.
    let output = emulate(temporary.path(), &["--until-stdin-closes"], &[]);
    assert!(output.status.success(), "{output:?}");
    let lines: Vec<&str> = stdout(&output).lines().collect();
    let names: Vec<&str> = lines
        .iter()
        .map_while(|line| line.strip_prefix("export ")?.split_once('='))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "DB_HOST",
            "DB_PORT",
            "DB_USER",
            "DB_NAME",
            "DB_CA_FILE",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
        ]
    );
    assert_eq!(lines[names.len()..], [""]);
    assert_is_empty(temporary.path());
}

/// The emulator accepts the user's own credentials, and does not print them.
#[test]
fn credentials_of_the_user() {
    let temporary = tempfile::tempdir().unwrap();
    let secret = "a-secret-of-the-user";
    let own = [
        ("AWS_ACCESS_KEY_ID", "AKIDUSER"),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", "a-session-token"),
    ];
    let printed = emulate(temporary.path(), &["--until-stdin-closes"], &own);
    let query = [
        "--",
        executable().to_str().unwrap(),
        "query",
        "SELECT 1 AS one",
    ]
    .map(str::to_owned);
    let query: Vec<&str> = query.iter().map(String::as_str).collect();
    let executed = emulate(temporary.path(), &query, &own);
    assert_eq!(stdout(&executed), "{\"one\":1}\n", "{executed:?}");
    for said in [&printed.stdout, &printed.stderr, &executed.stderr] {
        let said = String::from_utf8_lossy(said);
        for word in [
            secret,
            "a-session-token",
            "AKIDUSER",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(!said.contains(word), "{word}: {said}");
        }
    }
    let half = emulate(temporary.path(), &["--until-stdin-closes"], &own[..1]);
    assert_eq!(half.status.code(), Some(2), "{half:?}");
    assert_is_empty(temporary.path());
}

#[test]
fn a_file_for_the_certificate_stays() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let arguments = [
        "--ca-out",
        file.to_str().unwrap(),
        "--",
        "sh",
        "-c",
        "cat \"$DB_CA_FILE\"",
    ];
    let output = emulate(temporary.path(), &arguments, &[]);
    let pem = std::fs::read_to_string(&file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    assert_eq!(stdout(&output), pem);
    assert_is_empty(temporary.path());
}

/// A supervisor sends SIGTERM: the emulator removes its files and ends its command.
#[test]
fn told_to_end_it_ends_with_its_command() {
    use std::io::{BufRead, BufReader};

    let temporary = tempfile::tempdir().unwrap();
    let mut emulate = Command::new(executable())
        .args(["emulate", "--port", "0", "--"])
        .args(["sh", "-c", "echo up; exec sleep 600"])
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(emulate.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "up");
    send_signal(&emulate, "-TERM");
    // 128 + SIGTERM: it ended orderly and was not killed.
    assert_eq!(emulate.wait().unwrap().code(), Some(143));
    // The command held the other end of the pipe.
    assert!(lines.next().is_none());
    assert_is_empty(temporary.path());
}

#[test]
fn the_demo_walks_the_whole_way_and_leaves_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let output = Command::new(executable())
        .arg("demo")
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    let steps = [
        "1. server",
        "2. credentials",
        "3. token",
        "4. TCP",
        "5. TLS",
        "6. login",
        "7. rows",
    ];
    let mut rest = text;
    for step in steps {
        rest = rest
            .split_once(step)
            .unwrap_or_else(|| panic!("no {step}:\n{text}"))
            .1;
    }
    for row in [
        "|  1 | apple  |  1.25 |",
        "|  2 | bread  |  3.50 |",
        "|  3 | cheese | 12.00 |",
    ] {
        assert!(rest.contains(row), "{text}");
    }
    assert!(!text.contains("X-Amz-Signature"), "{text}");
    assert_is_empty(temporary.path());
}

/// Standard error is closed, and clients are served nevertheless.
#[test]
fn a_standard_error_that_is_closed_disturbs_nobody() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let errors = folder.path().join("errors");
    let own = executable();
    let query = format!(
        "exec {} query 'SELECT count(*) n FROM items'",
        own.display()
    );
    let mut emulate = Command::new(&own)
        .args(["emulate", "--port", "0", "--seed"])
        .arg(test_file("schema.sql"))
        .args(["--", "sh", "-c"])
        .arg(format!("sleep 0.2; {query} 2>{}", errors.display()))
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(emulate.stderr.take());
    let output = emulate.wait_with_output().unwrap();
    let errors = std::fs::read_to_string(errors);
    assert!(output.status.success(), "{output:?} {errors:?}");
    assert!(stdout(&output).starts_with("{\"n\":"), "{output:?}");
}

#[test]
fn a_public_address_requires_own_credentials() {
    let temporary = tempfile::tempdir().unwrap();
    let output = emulate(temporary.path(), &["--listen", "0.0.0.0"], &[]);
    assert_eq!(output.status.code(), Some(2));
    let error = str::from_utf8(&output.stderr).unwrap();
    assert!(error.contains("credentials are public"), "{error}");
    assert_is_empty(temporary.path());
}
