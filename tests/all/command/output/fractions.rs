//! Fractions of seconds, with the number of digits that a server or a proxy announces and with another one.

use rds_bridge_test_support::server_packets::{Then, column, end_of_rows, text_row};
use rds_bridge_test_support::tls_peer::{TlsPeer, say};

use crate::helpers::command::{run_on, stderr, stdout};

/// `MYSQL_TYPE_TIME` and `MYSQL_TYPE_DATETIME`.
const TYPES: [u8; 2] = [11, 12];

/// A proxy announces no digits but sends some. No format drops one.
#[test]
fn no_format_cuts_a_fraction_that_was_not_announced() {
    let rows = [
        ["-00:00:00.5", "2026-01-31 23:59:59.999999"],
        ["12:34:56.12", "2026-01-31 00:00:00.000001"],
        ["12:34:56", "2026-01-31 00:00:00"],
    ];
    let mut payloads = vec![vec![2], column("t", TYPES[0]), column("dt", TYPES[1])];
    payloads.extend(rows.iter().map(|row| text_row(row)));
    payloads.push(end_of_rows(Then::Nothing));
    for format in ["table", "vertical", "json", "ndjson", "csv", "tsv"] {
        let peer = TlsPeer::start(vec![say(payloads.clone())]);
        let arguments = [
            "query",
            "SELECT 1",
            "--format",
            format,
            "--protocol",
            "text",
        ];
        let output = run_on(&peer, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let written = stdout(&output);
        let is_digit = |byte: char| byte.is_ascii_digit() || "-:.".contains(byte);
        let words: Vec<&str> = written.split(|byte| !is_digit(byte)).collect();
        for row in rows {
            for word in row.iter().flat_map(|value| value.split(' ')) {
                assert!(
                    words.contains(&word),
                    "{format}: {word} is not in\n{written}"
                );
            }
        }
    }
}
