//! `rds-bridge query` with a wrong setting, file or statement: one message that names it, the exit code, and nothing on
//! standard output.

use std::fs;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{stdout, with};

/// A URL with a password in place of a host name. It must not be printed.
const URL: &str = "mysql://u:hunter2@db.example.com/x";

fn query(
    product: Product,
    changes: &[(&'static str, &str)],
    arguments: &[&str],
) -> (Option<i32>, String) {
    let arguments = [&["query"], arguments].concat();
    let output = with(Server::shared(product), changes, &arguments);
    assert_eq!(stdout(&output), "");
    let said = String::from_utf8(output.stderr).unwrap();
    let messages = said.lines().filter(|line| line.starts_with("rds-bridge: "));
    assert_eq!(messages.count(), 1, "{said}");
    assert!(
        !said.contains("hunter2") && !said.contains("panicked"),
        "{said}"
    );
    (output.status.code(), said)
}

#[apply(on_each_server)]
fn in_the_environment(product: Product) {
    for (code, words, change) in [
        (2, "no endpoint", ("DB_HOST", "")),
        (2, "no user", ("DB_USER", "")),
        (2, "DB_HOST", ("DB_HOST", URL)),
        (2, "no region", ("DB_HOST", "db.example.com")),
        (2, "DB_HOST: it is neither", ("DB_HOST", "no host")),
        (2, "DB_PORT", ("DB_PORT", "0")),
        (2, "70000", ("DB_PORT", "70000")),
        (2, "DB_CONNECT_TO", ("DB_CONNECT_TO", URL)),
        (2, "127.0.0.1:x", ("DB_CONNECT_TO", "127.0.0.1:x")),
        (
            6,
            "no.such.host.invalid",
            ("DB_CONNECT_TO", "no.such.host.invalid"),
        ),
        (3, "AWS_ACCESS_KEY_ID", ("AWS_ACCESS_KEY_ID", "")),
        (
            3,
            "expired",
            ("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"),
        ),
        (8, "1045", ("AWS_SESSION_TOKEN", "another")),
        // For an unknown user MySQL refuses the login, or asks for an arbitrary plugin.
        (8, "case-sensitive", ("DB_USER", "another-user")),
        (8, "1044", ("DB_NAME", "mysql")),
        (2, "RDS_BRIDGE_LOG: ", ("RDS_BRIDGE_LOG", "no=such=level")),
    ] {
        let (exit, said) = query(product, &[change], &["SELECT 1"]);
        assert_eq!(exit, Some(code), "{change:?}: {said}");
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[apply(on_each_server)]
fn in_the_arguments(product: Product) {
    for (code, words, arguments) in [
        (
            2,
            "--tls-server-name",
            &["SELECT 1", "--tls-server-name", "no name"][..],
        ),
        (
            7,
            "another name",
            &["SELECT 1", "--tls-server-name", "db.example.com"],
        ),
        (2, "--format", &["SELECT 1", "--format", "xml"]),
        (
            2,
            "--connect-timeout",
            &["SELECT 1", "--connect-timeout", "soon"],
        ),
        (2, "--param-json", &["SELECT ?", "--param-json", "{"]),
        (
            2,
            "question marks in the statement: 1; parameters given: 2",
            &["SELECT ?, 1", "--param", "a", "--param", "b"],
        ),
        (9, "add --param TEXT", &["SELECT ?"]),
        (2, "no statement: the argument is empty", &[""]),
        (
            2,
            "--collation: \"latin1_bin\" is not a utf8mb4 collation",
            &["SELECT 1", "--collation", "latin1_bin"],
        ),
        (9, "add --param id=TEXT", &["SELECT :id"]),
        (
            2,
            "for each ?, in order, add --param TEXT",
            &["SELECT ?, ?", "--param", "a"],
        ),
        (2, "--no-such", &["SELECT 1", "--no-such"]),
        (2, "statement", &["  "]),
        (5, "/no/such/file.sql", &["--file", "/no/such/file.sql"]),
        (9, "1064", &["SELEC 1"]),
        (9, "1064", &["SELEC ?", "--param", "a"]),
        (9, "1142", &["SELECT * FROM mysql.global_priv"]),
        (9, "1792", &["CREATE TABLE t (id INT)"]),
    ] {
        let (exit, said) = query(product, &[], arguments);
        assert_eq!(exit, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[apply(on_each_server)]
fn in_the_file_of_authorities(product: Product) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let end = "-----END CERTIFICATE-----\n";
    for path in [
        write("empty.pem", ""),
        write("text.pem", "not PEM at all"),
        write("broken.pem", &format!("{begin}AAAA\n{end}")),
        write("cut.pem", begin),
        write(
            "key.pem",
            "-----BEGIN PRIVATE KEY-----\nhunter2A\n-----END PRIVATE KEY-----\n",
        ),
        folder.path().to_str().unwrap().to_owned(),
        "/no/such/file.pem".to_owned(),
    ] {
        for arguments in [
            &["SELECT 1", "--ca-file", &path][..],
            &["SELECT 1", "--ca-file-extra", &path],
        ] {
            let (exit, said) = query(product, &[], arguments);
            assert_eq!(exit, Some(2), "{said}");
            assert!(said.contains(&path), "{said}");
        }
    }
}
