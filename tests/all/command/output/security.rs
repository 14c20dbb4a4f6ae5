//! The permissions of a file while it is written, the links that are followed, and escape sequences in values.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::server_packets::error;
use rds_bridge_test_support::tls_peer::{TlsPeer, say};
use rstest::rstest;
use rstest_reuse::apply;
use tempfile::TempDir;

use crate::helpers::command::{end, query, query_in_terminal, run_on, start, stderr};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// While the file is written, only its owner can read it, whatever its final permissions are.
#[apply(on_each_server)]
fn a_file_that_is_written_is_its_owners_alone(product: Product) {
    let server = Server::start(product, &Options::default());
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    for old in [None, Some(0o600), Some(0o644)] {
        if let Some(mode) = old {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let child = start(
            &server,
            &["SELECT SLEEP(300)", "-o", path.to_str().unwrap()],
        );
        let part = || {
            let entries = fs::read_dir(folder.path())
                .unwrap()
                .map(|it| it.unwrap().path());
            entries
                .into_iter()
                .find(|path| path.extension().is_some_and(|it| it == "part"))
        };
        let part = loop {
            if let Some(part) = part() {
                break part;
            }
        };
        assert_eq!(mode(&part), 0o600);
        let running =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'";
        while server.execute_as_admin(running).trim() != "1" {}
        end(child, "-TERM");
        assert!(!part.exists());
    }
    let output = query(&server, &["SELECT 1 AS n", "-o", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(mode(&path), 0o644);
}

/// The rule of Linux's `fs.protected_symlinks`. Only root can create another user's link for this test.
#[test]
fn another_users_link_in_a_shared_folder_is_not_followed() {
    let folder = TempDir::new().unwrap();
    let (shared, own) = (folder.path().join("shared"), folder.path().join("own.csv"));
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    fs::write(&own, "old").unwrap();
    let link = shared.join("rows.csv");
    symlink(&own, &link).unwrap();
    let server = Server::shared(Product::MariaDb);
    let arguments = ["SELECT 1 AS n", "-o", link.to_str().unwrap()];
    assert_eq!(query(server, &arguments).status.code(), Some(0));
    assert_eq!(fs::read(&own).unwrap(), b"n\r\n1\r\n");

    let is_given_away = std::os::unix::fs::lchown(&link, Some(12_345), None);
    if is_given_away.is_err() {
        return;
    }
    let output = query(server, &arguments);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("another user"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read(&own).unwrap(), b"n\r\n1\r\n");
}

const SPOOFED: &str = "9.7\u{1b}]0;PWNED\u{7}\u{9b}31m\u{202e}";

/// Escape sequences in a server's message are escaped.
#[test]
fn a_servers_error_does_not_act_on_a_terminal() {
    let peer = TlsPeer::start(vec![say([error(1146, "42S02", SPOOFED)])]);
    let output = run_on(&peer, &["query", "SELECT 1"]);
    let said = stderr(&output);
    assert!(
        said.contains("9.7\\u{1b}]0;PWNED\\u{7}\\u{9b}31m\\u{202e} (1146, 42S02)"),
        "{said}"
    );
}

/// In files and pipes a value is unchanged.
#[apply(on_each_server)]
fn values_do_not_act_on_a_terminal(product: Product) {
    let server = Server::shared(product);
    // ESC, U+009B and U+202E in UTF-8.
    let sql = "SELECT CONVERT(0x611B5B326DC29B33316DE280AE62 USING utf8mb4) AS v";
    let value = "a\u{1b}[2m\u{9b}31m\u{202e}b";
    for (format, on_terminal) in [
        ("csv", "v\r\na\\u{1b}[2m\\u{9b}31m\\u{202e}b\r\n"),
        ("tsv", "v\r\na\\u{1b}[2m\\u{9b}31m\\u{202e}b\r\n"),
        ("ndjson", "{\"v\":\"a\\u001b[2m\\u009b31m\\u202eb\"}\r\n"),
        ("table", "| a\\u{1b}[2m\\u{9b}31m\\u{202e}b |"),
        ("vertical", "v: a\\u{1b}[2m\\u{9b}31m\\u{202e}b\r\n"),
    ] {
        let said = query_in_terminal(server, "both", &[sql, "--format", format]);
        let shown = said["terminal"].as_str().unwrap();
        assert!(shown.contains(on_terminal), "{format}: {shown:?}");
        if matches!(format, "csv" | "tsv") {
            let output = query(server, &[sql, "--format", format]);
            assert!(
                String::from_utf8(output.stdout).unwrap().contains(value),
                "{format}"
            );
        }
    }
}

/// As with `> FILE`, the file becomes empty, so that an old result does not look like the new one.
#[apply(on_each_server)]
fn a_statement_without_a_result_gives_an_empty_file(product: Product) {
    let server = Server::shared(product);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "old").unwrap();
    let output = query(server, &["DO 1", "-o", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read(&path).unwrap(), b"");
    // A Parquet file cannot be empty.
    let path = folder.path().join("rows.parquet");
    fs::write(&path, "old").unwrap();
    let output = query(server, &["DO 1", "-o", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("no result"), "{}", stderr(&output));
    assert_eq!(fs::read(&path).unwrap(), b"old");
}
