//! As `text`, for prepared statements: rows of the binary protocol, where the column type determines the length of some
//! values, and the packets before and after them.

use rds_bridge::Error;
use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Malformed, Param};
use rds_bridge_test_support::server_packets::{
    LONGLONG, Then, VAR_STRING, binary_row, column, end_of_rows, error, ok, prepared, result,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, frame, say};

use crate::helpers::hostile_server::{After, connect, malformed_by, use_again};
use crate::helpers::live::block_on;

const DATETIME: u8 = 12;
const DATE: u8 = 10;
const TIME: u8 = 11;

async fn read(connection: &mut Connection) -> Result<usize, Error> {
    let mut rows = connection.query_with("SELECT ?", &[Param::from(1)]).await?;
    let mut count = 0;
    loop {
        while let Some(row) = rows.next().await? {
            for value in row.values() {
                value?;
            }
            count += 1;
        }
        if !rows.next_result().await? {
            return Ok(count);
        }
    }
}

/// Runs a prepared statement whose execution is answered with `answer`. Returns its outcome, and the state of the
/// connection afterwards.
fn ask(answer: Vec<Say>) -> (Result<usize, Error>, After) {
    let preparation = say([prepared(1), column("?", VAR_STRING)]);
    let mine = say(result("m", &["mine"], Then::Nothing));
    let peer = TlsPeer::start(vec![preparation, answer, mine]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let outcome = read(&mut connection).await;
        (outcome, use_again(&mut connection).await)
    })
}

fn malformed(answer: Vec<Say>) -> Malformed {
    malformed_by(ask, answer)
}

fn columns(types: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = vec![vec![u8::try_from(types.len()).unwrap()]];
    payloads.extend(types.iter().map(|it| column("c", *it)));
    payloads
}

/// A result with a valid first row of NULLs and this second row.
fn second_row(types: &[u8], payload: &[u8]) -> Vec<Say> {
    let mut payloads = columns(types);
    payloads.push(vec![0, 0xFF]);
    payloads.push(payload.to_vec());
    say(payloads)
}

#[test]
fn who_keeps_to_it_is_understood() {
    let text = |name: &str, rows: &[&str], then| {
        let mut payloads = vec![vec![1], column(name, VAR_STRING)];
        payloads.extend(rows.iter().map(|row| binary_row(&[row])));
        payloads.push(end_of_rows(then));
        payloads
    };
    let (outcome, after) = ask(say([
        text("a", &["x", "y"], Then::More),
        vec![ok(Then::More)],
        text("a", &["z"], Then::Nothing),
    ]
    .concat()));
    assert_eq!((outcome.unwrap(), after), (3, After::Works));
}

#[test]
fn rows_whose_lengths_lie() {
    let texts = &[VAR_STRING, VAR_STRING];
    let value = |column| Malformed::Value { row: 2, column };
    for (types, row, expected) in [
        // Values longer than the packet, with each form of a length.
        (&texts[..], &b"\0\0\x02x"[..], value(1)),
        (texts, b"\0\0\xFC\xFF\xFFx", value(1)),
        (texts, b"\0\0\xFD\xFF\xFF\xFFx", value(1)),
        (texts, b"\0\0\x01x\xFE\0\0\0\0\0\0\0\x10y", value(2)),
        (
            texts,
            b"\0\0\x01x\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFy",
            value(2),
        ),
        // The length itself is cut off or invalid.
        (texts, b"\0\0\x01x\xFD\x01", value(2)),
        (texts, b"\0\0\x01x\xFF", value(2)),
        (texts, b"\0\0\x01x\xFB", value(2)),
        (texts, b"\0\0\x01x", value(2)),
        // The bitmap of NULLs is missing.
        (texts, b"\0", value(1)),
        (texts, b"", value(1)),
        // The length of the second column is that of its type.
        (
            &[VAR_STRING, LONGLONG],
            b"\0\0\x01x\x01\x02\x03\x04\x05\x06\x07",
            value(2),
        ),
        (&[DATETIME], b"\0\0\xFF\xEA\x07\x01\x01", value(1)),
        (&[TIME, LONGLONG], b"\0\0\x0C\0\0\0\0\0\0\0\0", value(1)),
        (
            texts,
            b"\0\0\x01x\x01yzz",
            Malformed::TrailingBytes { row: 2, bytes: 2 },
        ),
        // The bitmap says NULL, but there is a value.
        (
            texts,
            b"\0\x08\x01x\x01y",
            Malformed::TrailingBytes { row: 2, bytes: 2 },
        ),
    ] {
        assert_eq!(malformed(second_row(types, row)), expected, "{row:?}");
    }
}

/// The value's length is known but not one of its type, so the rest of the reply can be read.
#[test]
fn a_value_that_cannot_be_is_named_and_no_more() {
    for (wire_type, row) in [
        (DATE, &b"\0\0\x01\x07"[..]),
        (DATETIME, b"\0\0\x06\xEA\x07\x01\x01\x01\x01"),
        (TIME, b"\0\0\x05\0\0\0\0\0"),
        (TIME, b"\0\0\x08\0\xFF\xFF\xFF\xFF\x17\x3B\x3B"),
        (VAR_STRING, b"\0\0\x02\xC3\x28"),
    ] {
        let mut payloads = columns(&[wire_type]);
        payloads.extend([row.to_vec(), end_of_rows(Then::Nothing)]);
        let (outcome, after) = ask(say(payloads));
        let error = outcome.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Value(_)), "{error}");
        assert!(error.to_string().contains("column c"), "{error}");
        assert_eq!(after, After::Works, "{row:?}");
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
        b"\xFE",
    ] {
        assert_eq!(malformed(say([payload.to_vec()])), count, "{payload:?}");
    }
    for kind in [14, 0x63] {
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

/// With 65,535 columns the bitmap of NULLs is 8 KiB long, and all of them may be NULL.
#[test]
fn as_many_columns_as_can_be() {
    let many = usize::from(u16::MAX);
    let head = || {
        let mut payloads = vec![b"\xFC\xFF\xFF".to_vec()];
        payloads.extend(vec![column("c", LONGLONG); many]);
        payloads
    };
    let bitmap = (many + 2).div_ceil(8);
    let nulls = [vec![0], vec![0xFF; bitmap]].concat();
    let numbers = vec![0; 1 + bitmap + 8 * many];
    let whole = [
        head(),
        vec![nulls.clone(), numbers.clone(), end_of_rows(Then::Nothing)],
    ];
    let (outcome, after) = ask(say(whole.concat()));
    assert_eq!((outcome.unwrap(), after), (2, After::Works));

    for (row, column) in [(&nulls[..bitmap], 1), (&numbers[..numbers.len() - 1], many)] {
        let answer = [head(), vec![row.to_vec()]].concat();
        let expected = Malformed::Value { row: 1, column };
        assert_eq!(malformed(say(answer)), expected);
    }
}

#[test]
fn an_error_in_the_middle_ends_the_reply_alone() {
    let refusal = error(1317, "70100", "Query execution was interrupted");
    let head = columns(&[VAR_STRING]);
    for before in [
        vec![],
        head[..1].to_vec(),
        head.clone(),
        [head.clone(), vec![binary_row(&["x"])]].concat(),
        [head, vec![binary_row(&["x"]), end_of_rows(Then::More)]].concat(),
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

#[test]
fn it_ends_in_the_middle_of_a_row() {
    let row = frame(4, &binary_row(&["x", "longer than that"]));
    for length in [0, 3, 4, 5, 6, row.len() - 1] {
        let mut answer = say(columns(&[VAR_STRING, VAR_STRING]));
        answer.extend([Say::Bytes(row[..length].to_vec()), Say::HangUp]);
        let (outcome, after) = ask(answer);
        let error = outcome.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
        assert_eq!(after, After::Unusable);
    }
}

#[test]
fn rows_as_long_as_a_packet() {
    let limit = 0xFF_FFFF;
    // The header, the bitmap, and four bytes for the value's length.
    let row = |length: usize| {
        let mut row = vec![0, 0, 0xFD];
        row.extend(&u32::try_from(length - 6).unwrap().to_le_bytes()[..3]);
        row.resize(length, b'x');
        row
    };
    let mut whole = columns(&[VAR_STRING]);
    whole.extend([
        row(limit),
        row(limit + 1),
        row(limit - 1),
        end_of_rows(Then::Nothing),
    ]);
    let (outcome, after) = ask(say(whole));
    assert_eq!((outcome.unwrap(), after), (3, After::Works));

    // The packet that must continue the row is the end of the rows. Both are one row, which is too long.
    let mut answer = say(columns(&[VAR_STRING]));
    answer.push(Say::Bytes(frame(3, &row(limit))[..limit + 4].to_vec()));
    let end = end_of_rows(Then::Nothing);
    let bytes = end.len();
    answer.push(Say::Bytes(frame(4, &end)));
    let expected = Malformed::TrailingBytes { row: 1, bytes };
    assert_eq!(malformed(answer), expected);
}
