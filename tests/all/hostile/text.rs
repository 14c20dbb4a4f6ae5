//! A server that logs the client in and then violates the text protocol. Each violation has an error that names it, and
//! the next call on the connection works or fails with the error of an unusable connection.

use rds_bridge::Error;
use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Malformed, Param};
use rds_bridge_test_support::server_packets::{
    LONGLONG, Then, VAR_STRING, column, end_of_rows, error, ok, result, text_row,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, frame, say};

use crate::helpers::hostile_server::{After, ask, connect, malformed_by, use_again};
use crate::helpers::live::block_on;

fn malformed(answer: Vec<Say>) -> Malformed {
    malformed_by(ask, answer)
}

/// The beginning of a result with two string columns.
fn two_columns() -> Vec<Vec<u8>> {
    vec![vec![2], column("a", VAR_STRING), column("b", VAR_STRING)]
}

fn after_two_columns(payload: &[u8]) -> Vec<Say> {
    let mut payloads = two_columns();
    payloads.push(text_row(&["x", "y"]));
    payloads.push(payload.to_vec());
    say(payloads)
}

#[test]
fn who_keeps_to_it_is_understood() {
    let (outcome, after) = ask(say([
        result("a", &["x", "y"], Then::More),
        vec![ok(Then::More)],
        result("a", &["z"], Then::Nothing),
    ]
    .concat()));
    assert_eq!((outcome.unwrap(), after), (3, After::Works));
}

#[test]
fn rows_whose_lengths_lie() {
    let value = |column| Malformed::Value { row: 2, column };
    for (row, expected) in [
        // Values longer than the packet, with each form of a length.
        (&b"\x02x"[..], value(1)),
        (b"\xFC\xFF\xFFx", value(1)),
        (b"\xFD\xFF\xFF\xFFx", value(1)),
        (b"\x01x\xFE\0\0\0\0\0\0\0\x10y", value(2)),
        (b"\x01x\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFy", value(2)),
        // The length itself is cut off or invalid.
        (b"\x01x\xFD\x01", value(2)),
        (b"\x01x\xFF", value(2)),
        (b"\x01x", value(2)),
        (b"", value(1)),
        (
            b"\x01x\x01yzz",
            Malformed::TrailingBytes { row: 2, bytes: 2 },
        ),
        // A packet that is not an `OK_Packet` is a row.
        (
            b"\x00\x00\x00\x02\x00\x00\x00",
            Malformed::TrailingBytes { row: 2, bytes: 5 },
        ),
    ] {
        assert_eq!(malformed(after_two_columns(row)), expected, "{row:?}");
    }
}

#[test]
fn ends_of_rows_that_are_cut_short() {
    for (payload, packet, field) in [
        (&b"\xFE\x00"[..], "OK_Packet", "last_insert_id"),
        (b"\xFF", "ERR_Packet", "error_code"),
        (b"\xFF\x15", "ERR_Packet", "error_code"),
        (b"\xFF\x15\x04#280", "ERR_Packet", "sql_state"),
    ] {
        let expected = Malformed::Field { packet, field };
        assert_eq!(
            malformed(after_two_columns(payload)),
            expected,
            "{payload:?}"
        );
    }
}

#[test]
fn columns_that_cannot_be() {
    let count = Malformed::Field {
        packet: "Text Resultset",
        field: "column_count",
    };
    for payload in [
        &b"\xFC\x00\x00"[..],
        b"\xFD\x00\x00\x01",
        b"\xFE\0\0\0\0\0\0\0\x80",
        b"\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\xFE",
        b"\x01\x01",
        b"",
    ] {
        assert_eq!(malformed(say([payload.to_vec()])), count, "{payload:?}");
    }
    let mut cut = column("a", VAR_STRING);
    cut.truncate(cut.len() - 8);
    let mut long_name = column("a", VAR_STRING);
    long_name[7] = 0xFA;
    for (definition, field) in [
        (cut, "column_length"),
        (long_name, "name"),
        (ok(Then::Nothing), "org_name"),
    ] {
        let packet = "ColumnDefinition41";
        let answer = say([vec![1], definition]);
        assert_eq!(malformed(answer), Malformed::Field { packet, field });
    }
    for kind in [14, 17, 0x63, 0x80] {
        let column_name = "odd".to_owned();
        assert_eq!(
            malformed(say([vec![1], column("odd", kind)])),
            Malformed::UnknownColumnType {
                column: column_name,
                kind
            }
        );
    }
}

#[test]
fn as_many_columns_as_can_be() {
    let many = usize::from(u16::MAX);
    let mut payloads = vec![b"\xFC\xFF\xFF".to_vec()];
    payloads.extend(vec![column("c", LONGLONG); many]);
    payloads.push(text_row(&vec!["1"; many]));
    payloads.push(end_of_rows(Then::Nothing));
    let (outcome, after) = ask(say(payloads));
    assert_eq!((outcome.unwrap(), after), (1, After::Works));

    let mut claimed = say([b"\xFC\xFF\xFF".to_vec(), column("c", LONGLONG)]);
    claimed.push(Say::HangUp);
    let (outcome, after) = ask(claimed);
    let error = outcome.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
    assert_eq!(after, After::Unusable);
}

#[test]
fn packets_out_of_turn() {
    for received in [0, 2, 255] {
        let answer = vec![Say::Bytes(frame(received, &ok(Then::Nothing)))];
        let expected = Malformed::SequenceId {
            expected: 1,
            received,
        };
        assert_eq!(malformed(answer), expected);
    }
    // In the middle of rows, after the sequence id has wrapped at 255.
    let rows = vec!["x"; 300];
    let mut payloads = result("a", &rows, Then::Nothing);
    payloads.pop();
    let mut answer = say(payloads);
    answer.push(Say::Bytes(frame(7, &end_of_rows(Then::Nothing))));
    let expected = Malformed::SequenceId {
        expected: 47,
        received: 7,
    };
    assert_eq!(malformed(answer), expected);
}

#[test]
fn an_error_in_the_middle_ends_the_reply_alone() {
    let refusal = error(1317, "70100", "Query execution was interrupted");
    for before in [
        vec![],
        vec![vec![2], column("a", VAR_STRING)],
        two_columns(),
        [two_columns(), vec![text_row(&["x", "y"])]].concat(),
        result("a", &["x"], Then::More),
    ] {
        let (outcome, after) = ask(say([before, vec![refusal.clone()]].concat()));
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.code(), error.sql_state()),
            (Some(1317), Some("70100"))
        );
        assert_eq!(after, After::Works);
    }
}

/// After an error, `next_result` reports no further result.
#[test]
fn after_an_error_there_is_no_next_result() {
    let answer = [
        result("a", &["x"], Then::More),
        vec![error(1317, "70100", "ended")],
    ]
    .concat();
    let peer = TlsPeer::start(vec![say(answer)]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let mut rows = connection.query("SELECT 1").await.unwrap();
        assert_eq!(rows.next_result().await.unwrap_err().code(), Some(1317));
        assert!(!rows.next_result().await.unwrap());
        assert!(rows.next().await.unwrap().is_none());
    });
}

#[test]
fn rows_as_long_as_a_packet() {
    let limit = 0xFF_FFFF;
    // The value's length takes four bytes.
    let row = |length: usize| {
        let mut row = vec![0xFD];
        row.extend(&u32::try_from(length - 4).unwrap().to_le_bytes()[..3]);
        row.resize(length, b'x');
        row
    };
    let head = [vec![1], column("a", VAR_STRING)];
    let mut whole = head.to_vec();
    whole.extend([row(limit), end_of_rows(Then::Nothing)]);
    let (outcome, after) = ask(say(whole));
    assert_eq!((outcome.unwrap(), after), (1, After::Works));

    // The packet that must continue the row is missing, or has another sequence id.
    let first: Vec<u8> = frame(3, &row(limit))[..limit + 4].to_vec();
    for (behind, closed) in [(vec![], true), (frame(9, b""), false)] {
        let mut answer = say(head.to_vec());
        answer.extend([Say::Bytes(first.clone()), Say::Bytes(behind), Say::HangUp]);
        let (outcome, after) = ask(answer);
        let error = outcome.unwrap_err();
        match error.kind() {
            ErrorKind::Closed => assert!(closed),
            ErrorKind::Malformed(Malformed::SequenceId {
                expected: 4,
                received: 9,
            }) => assert!(!closed),
            _ => panic!("{error}"),
        }
        assert_eq!(after, After::Unusable);
    }
}

fn prepared(answer: Vec<Say>) -> (Error, After) {
    let mine = say(result("m", &["mine"], Then::Nothing));
    let peer = TlsPeer::start(vec![answer, mine]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let params = [Param::from(1)];
        let error = connection
            .query_with("SELECT ?", &params)
            .await
            .unwrap_err();
        (error, use_again(&mut connection).await)
    })
}

#[test]
fn what_a_prepared_statement_says_of_itself() {
    let question_mark = || column("?", VAR_STRING);
    let (error, after) = prepared(say([
        b"\x00\x01\0\0\0\0\0\x02\0\0\0\0".to_vec(),
        question_mark(),
        question_mark(),
    ]));
    assert!(
        matches!(
            error.kind(),
            ErrorKind::ParameterCount {
                expected: 2,
                given: 1
            }
        ),
        "{error}"
    );
    assert_eq!(after, After::Works);

    let (error, after) = prepared(say([rds_bridge_test_support::server_packets::error(
        1064, "42000", "no",
    )]));
    assert_eq!((error.code(), after), (Some(1064), After::Works));

    // The reply announces 65,535 parameters, but has only one.
    let mut claimed = say([
        b"\x00\x01\0\0\0\0\0\xFF\xFF\0\0\0".to_vec(),
        question_mark(),
    ]);
    claimed.push(Say::HangUp);
    let (error, after) = prepared(claimed);
    assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
    assert_eq!(after, After::Unusable);

    for (payload, field) in [
        (&b"\x00\x01\0\0"[..], "statement_id"),
        (b"\x00\x01\0\0\0\0\0\x01", "num_params"),
        (b"\x01", "status"),
        (b"\xFB/etc/passwd", "status"),
    ] {
        let (error, after) = prepared(say([payload.to_vec()]));
        let packet = "COM_STMT_PREPARE_OK";
        assert!(
            matches!(error.kind(), ErrorKind::Malformed(malformed) if *malformed == Malformed::Field { packet, field }),
            "{error}"
        );
        assert_eq!(after, After::Unusable);
    }
}
