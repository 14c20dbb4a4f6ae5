//! `query` at a terminal: the progress, the summary, and the formats that it refuses to print there.

use std::fs;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tempfile::TempDir;

use crate::helpers::command::{query, query_in_terminal, stderr};

/// Most of the rows are sent at once, and the rest after more than a second.
fn slow(product: Product) -> String {
    format!(
        "SELECT seq, SHA2(seq, 512) AS x, IF(seq = 50000, SLEEP(1.3), 0) AS y FROM {}",
        product.sequence(60_000)
    )
}

/// Runs a query with a terminal for standard error, or for both outputs.
fn in_terminal(product: Product, which: &str, arguments: &[&str]) -> (i64, String, u64) {
    let said = query_in_terminal(Server::shared(product), which, arguments);
    (
        said["code"].as_i64().unwrap(),
        said["terminal"].as_str().unwrap().to_owned(),
        said["stdout bytes"].as_u64().unwrap(),
    )
}

#[apply(on_each_server)]
fn progress_and_a_summary(product: Product) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    let path = path.to_str().unwrap();
    for arguments in [
        &[&slow(product), "--format", "csv"][..],
        &[&slow(product), "--output", path],
    ] {
        let (code, terminal, piped) = in_terminal(product, "stderr", arguments);
        assert_eq!(code, 0, "{terminal}");
        let written = match piped {
            0 => fs::metadata(path).unwrap().len(),
            piped => piped,
        };
        // 60,000 rows of about 140 bytes each.
        let megabytes = format!("{}.{} MB", written / 1_000_000, written / 100_000 % 10);
        let (progress, summary) = terminal.rsplit_once("\r\x1b[K").unwrap();
        let first = progress.split('\r').nth(1).unwrap();
        for words in [" rows, ", " MB, ", "k rows/s, 1 s\x1b[K"] {
            assert!(first.contains(words), "{terminal:?}");
        }
        let beginning = format!("rows: 60,000, {megabytes}, ");
        assert!(summary.starts_with(&beginning), "{terminal:?}");
        assert!(summary.ends_with("k rows/s\r\n"), "{terminal:?}");
    }
}

#[apply(on_each_server)]
fn of_a_short_result_the_summary_alone(product: Product) {
    let (code, terminal, _) = in_terminal(product, "stderr", &["SELECT 1 AS a", "--format", "csv"]);
    assert_eq!(code, 0);
    assert!(terminal.starts_with("rows: 1, 6 bytes, "), "{terminal:?}");
    assert!(!terminal.contains('\x1b'), "{terminal:?}");
}

#[apply(on_each_server)]
fn quiet_is_quiet(product: Product) {
    for sql in [&slow(product), "SELECT 1/0 AS a", "DO 1"] {
        let (code, terminal, _) =
            in_terminal(product, "stderr", &[sql, "--quiet", "--format", "csv"]);
        assert_eq!((code, terminal.as_str()), (0, ""));
    }
    // An error is printed nevertheless.
    let (code, terminal, _) = in_terminal(product, "stderr", &["SELECT nothing", "-q"]);
    assert_eq!(code, 9);
    assert!(terminal.contains("1054"), "{terminal}");
}

/// Without `--output` the rows on the terminal show the progress.
#[apply(on_each_server)]
fn rows_on_the_terminal_have_no_progress_among_them(product: Product) {
    let (code, terminal, _) = in_terminal(product, "both", &[&slow(product), "--format", "csv"]);
    assert_eq!(code, 0);
    assert!(!terminal.contains('\x1b'));
    let last = terminal.lines().last().unwrap();
    assert!(last.starts_with("rows: 60,000, "), "{last}");
}

#[apply(on_each_server)]
fn no_terminal_gets_bytes(product: Product) {
    for format in ["parquet", "arrow", "arrow-stream"] {
        let sql = "SELECT 1";
        // `/dev/stderr` is a device, which the command writes to directly.
        for to in ["-", "/dev/stderr"] {
            let (code, terminal, _) =
                in_terminal(product, "both", &[sql, "--format", format, "-o", to]);
            assert_eq!(code, 2, "{terminal}");
            assert!(terminal.contains("--output FILE"), "{terminal}");
            assert!(!terminal.contains("PAR1") && !terminal.contains("ARROW1"));
        }
        let output = query(Server::shared(product), &[sql, "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
}
