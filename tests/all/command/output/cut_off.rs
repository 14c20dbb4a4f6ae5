//! `rds-bridge query` when the server fails in the middle of a result: one message, the exit code, and no output that
//! looks complete.

use rds_bridge_test_support::server_packets::{
    LONGLONG, Then, VAR_STRING, column, error, prepared, result, text_row,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};
use serde_json::Value as Json;

use crate::helpers::command::{run_on, stdout};

/// Runs a query with this answer in the text protocol. Returns the exit code, the output and the messages.
fn query(answer: Vec<Say>, format: &str) -> (Option<i32>, String, String) {
    let arguments = ["--protocol", "text", "--format", format];
    command(vec![answer], &arguments)
}

/// As [`query`], with a prepared statement and so in the binary protocol.
fn query_prepared(answer: Vec<Say>, format: &str) -> (Option<i32>, String, String) {
    let preparation = say([prepared(1), column("?", VAR_STRING)]);
    let arguments = ["--format", format, "--param", "x"];
    command(vec![preparation, answer], &arguments)
}

fn command(script: Vec<Vec<Say>>, arguments: &[&str]) -> (Option<i32>, String, String) {
    let peer = TlsPeer::start(script);
    let arguments = [&["query", "SELECT 1"], arguments].concat();
    let output = run_on(&peer, &arguments);
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let messages = said.lines().filter(|line| line.starts_with("rds-bridge: "));
    assert_eq!(messages.count(), 1, "{said}");
    (output.status.code(), stdout(&output).to_owned(), said)
}

/// Two rows; the connection ends in the middle of the third.
fn dies() -> Vec<Say> {
    let mut answer = say([
        vec![2],
        column("id", LONGLONG),
        column("name", VAR_STRING),
        text_row(&["1", "apple"]),
        text_row(&["2", "bread"]),
    ]);
    answer.extend([
        Say::Bytes(b"\x09\0\0\x06\x013\x06che".to_vec()),
        Say::HangUp,
    ]);
    answer
}

const ENDS: [(&str, &str); 6] = [
    ("json", "{\"id\":2,\"name\":\"bread\"}"),
    ("ndjson", "{\"id\":2,\"name\":\"bread\"}\n{\"incomplete\":"),
    ("csv", "2,bread\r\n\"incomplete"),
    ("tsv", "2\tbread\n\\!incomplete"),
    ("table", "|  2 | bread |\n(incomplete)\n"),
    ("vertical", "  id: 2\nname: bread\n*** incomplete ***\n"),
];

#[test]
fn in_the_middle_of_a_row() {
    for (format, end) in ENDS {
        let (code, written, said) = query(dies(), format);
        assert_eq!(code, Some(6), "{said}");
        assert!(
            said.contains("rds-bridge: the server closed the connection"),
            "{said}"
        );
        assert!(written.ends_with(end), "{written}");
        assert!(!written.contains("che"), "{written}");
    }
}

/// As above, but the server sends a wrong length in the third row.
#[test]
fn at_a_row_that_cannot_be() {
    for (format, end) in ENDS {
        let mut answer = dies();
        answer.truncate(5);
        answer.push(Say::Payload(b"\x013\xFFcheese".to_vec()));
        let (code, written, said) = query(answer, format);
        assert_eq!(code, Some(10), "{said}");
        assert!(said.contains("row 3, column 2"), "{said}");
        assert!(written.ends_with(end), "{written}");
    }
}

/// In the binary protocol: the server disconnects, sends a wrong length, refuses, or sends invalid UTF-8.
#[test]
fn in_the_middle_of_a_prepared_statement() {
    for (format, end) in ENDS {
        for (third, expected, words) in [
            (
                Say::Bytes(b"\x11\0\0\x06\0\0\x03\0\0\0\0\0\0\0\x06che".to_vec()),
                6,
                "rds-bridge: the server closed the connection",
            ),
            (
                Say::Payload(b"\0\0\x03\0\0\0\0\0\0\0\x07cheese".to_vec()),
                10,
                "row 3, column 2",
            ),
            (
                Say::Payload(error(1317, "70100", "Query execution was interrupted")),
                9,
                "1317",
            ),
            (
                Say::Payload(b"\0\0\x03\0\0\0\0\0\0\0\x06che\xFFse".to_vec()),
                10,
                "column name",
            ),
        ] {
            let mut answer = say([
                vec![2],
                column("id", LONGLONG),
                column("name", VAR_STRING),
                b"\0\0\x01\0\0\0\0\0\0\0\x05apple".to_vec(),
                b"\0\0\x02\0\0\0\0\0\0\0\x05bread".to_vec(),
            ]);
            answer.extend([third, Say::HangUp]);
            let (code, written, said) = query_prepared(answer, format);
            assert_eq!(code, Some(expected), "{said}");
            assert!(said.contains(words), "{said}");
            assert!(written.ends_with(end), "{written}");
            assert!(!written.contains("che"), "{written}");
        }
    }
}

/// The value does not match the column's type. The beginning of its row is removed from the output.
#[test]
fn at_a_value_that_cannot_be() {
    for (format, end) in ENDS {
        let mut answer = dies();
        answer.truncate(5);
        answer.push(Say::Payload(text_row(&["three", "cheese"])));
        let (code, written, said) = query(answer, format);
        assert_eq!(code, Some(10), "{said}");
        assert!(said.contains("column id"), "{said}");
        assert!(
            written.contains(end.trim_end_matches("(incomplete)\n")),
            "{written}"
        );
        assert!(!written.contains("cheese"), "{written}");
    }
}

/// The first result is complete, but the second never arrives, so the output is incomplete.
#[test]
fn between_two_results() {
    for (format, end) in [
        ("json", "]\n["),
        ("ndjson", "\n{\"incomplete\":"),
        ("csv", "\"incomplete"),
        ("tsv", "\\!incomplete"),
        ("table", "(incomplete)\n"),
        ("vertical", "*** incomplete ***\n"),
    ] {
        let first = || say(result("a", &["x", "y"], Then::More));
        let refusal = error(1317, "70100", "Query execution was interrupted");
        for (then, code) in [(Say::HangUp, 6), (Say::Payload(refusal), 9)] {
            let mut answer = first();
            answer.push(then);
            let (exit, written, said) = query(answer, format);
            assert_eq!(exit, Some(code), "{said}");
            assert!(written.contains('x') && written.ends_with(end), "{written}");
            if format == "json" {
                let read: Result<Vec<Json>, _> = serde_json::Deserializer::from_str(&written)
                    .into_iter()
                    .collect();
                assert!(read.is_err(), "{written}");
            }
        }
    }
}

/// Before the first row there is no output to mark as incomplete.
#[test]
fn before_there_is_anything() {
    for format in ["json", "csv", "table"] {
        let (code, written, said) = query(vec![Say::HangUp], format);
        assert_eq!((code, written.as_str()), (Some(6), ""), "{said}");
        let file = vec![Say::Payload(b"\xFB/etc/passwd".to_vec())];
        let (code, written, said) = query(file, format);
        assert_eq!((code, written.as_str()), (Some(6), ""), "{said}");
    }
}
