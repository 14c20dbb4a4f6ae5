//! Each kind of reply, packet by packet, and what ends it.

use super::*;
use crate::protocol::column::tests::definition;

const OK: &[u8] = b"\x00\x00\x00\x02\x00\x00\x00";
const EOF: &[u8] = b"\xFE\x00\x00\x02\x00";
const OK_EOF: &[u8] = b"\xFE\x00\x00\x02\x00\x01\x00";

fn reply(deprecate_eof: bool) -> Reply {
    Reply::new(Encoding::Text, deprecate_eof)
}

#[test]
fn a_result_in_both_dialects() {
    for (deprecate_eof, end) in [(true, OK_EOF), (false, EOF)] {
        let mut reply = reply(deprecate_eof);
        assert_eq!(reply.receive(b"\x01"), Ok(Event::Pending));
        let columns = reply.receive(&definition("a", 3, 0, 63));
        if deprecate_eof {
            assert_eq!(columns, Ok(Event::Columns));
        } else {
            assert_eq!(columns, Ok(Event::Pending));
            assert_eq!(reply.receive(EOF), Ok(Event::Columns));
        }
        assert_eq!(reply.receive(b"\x011"), Ok(Event::Row));
        assert!(matches!(reply.receive(end), Ok(Event::EndOfRows(_))));
        assert_eq!(reply.result.rows, 1);
    }
}

#[test]
fn prepared_and_executed() {
    for (deprecate_eof, definitions) in [(true, 3), (false, 5)] {
        let mut reply = Reply::prepare(true, deprecate_eof);
        let ok = b"\x00\x07\x00\x00\x00\x01\x00\x02\x00\x00\x00\x00";
        assert_eq!(reply.receive(ok), Ok(Event::Pending));
        for _ in 1..definitions {
            assert_eq!(reply.receive(b"def"), Ok(Event::Pending));
        }
        let prepared = reply.receive(b"def");
        assert!(matches!(prepared, Ok(Event::Prepared(statement)) if statement.id == 7));
        assert_eq!(reply.receive(b"\x01"), Ok(Event::Pending));
    }
}

#[test]
fn why_it_is_not_prepared_is_what_counts() {
    let mut reply = Reply::prepare(true, true);
    assert_eq!(
        reply.receive(b"\xFF\x28\x04#42000near 'SELEC'"),
        Ok(Event::NotPrepared)
    );
    let event = reply.receive(b"\xFF\xDB\x04#HY000Unknown prepared statement handler");
    assert!(matches!(event, Ok(Event::Error(error)) if error.code == 1064));

    // MariaDB had no room for the statement, and executed the one before it.
    let mut reply = Reply::prepare(true, true);
    reply.receive(b"\xFF\xB5\x05#42000Can't create").unwrap();
    assert_eq!(reply.receive(b"\x01"), Ok(Event::Pending));
    reply.receive(&definition("a", 3, 0, 63)).unwrap();
    assert!(!reply.is_row(0) && reply.refusal().is_some());
}

#[test]
fn an_error_in_the_middle() {
    let mut reply = reply(true);
    reply.receive(b"\x01").unwrap();
    reply.receive(&definition("a", 3, 0, 63)).unwrap();
    reply.receive(b"\x011").unwrap();
    let event = reply
        .receive(b"\xFF\x25\x05#70100Query was interrupted")
        .unwrap();
    assert!(matches!(event, Event::Error(error) if error.code == 1317));
}

#[test]
fn a_file_is_refused() {
    let mut reply = reply(true);
    assert_eq!(reply.receive(b"\xFB/etc/passwd"), Ok(Event::LocalInfile));
    assert!(matches!(reply.receive(OK), Ok(Event::FileRefused(_))));
}

#[test]
fn definitions_have_a_limit_together() {
    let definition = definition(&"n".repeat(200), 3, 0, 63);
    let fits = DEFINITIONS_LIMIT / definition.len();
    let columns = u16::try_from(fits + 1).unwrap().to_le_bytes();
    let mut reply = reply(true);
    reply.receive(&[&[0xFC], &columns[..]].concat()).unwrap();
    for _ in 0..fits {
        assert_eq!(reply.receive(&definition), Ok(Event::Pending));
    }
    let limit = DEFINITIONS_LIMIT;
    assert_eq!(
        reply.receive(&definition),
        Err(Malformed::TooLarge { limit })
    );
}

/// Alternately a statement without a result, and a result with columns and no rows.
#[test]
fn results_without_rows_come_to_an_end() {
    let more = |header: u8| [header, 0, 0, 0x0A, 0, 0, 0];
    let mut reply = reply(true);
    for _ in 0..EMPTY_RESULTS_LIMIT / 2 {
        assert!(matches!(reply.receive(&more(0)), Ok(Event::Done(_))));
        reply.next_result();
        reply.receive(b"\x01").unwrap();
        reply.receive(&definition("a", 3, 0, 63)).unwrap();
        let end = reply.receive(&more(0xFE));
        assert!(matches!(end, Ok(Event::EndOfRows(_))));
        reply.next_result();
    }
    let limit = EMPTY_RESULTS_LIMIT;
    assert_eq!(
        reply.receive(&more(0)),
        Err(Malformed::TooManyResults { limit })
    );
}

#[test]
fn an_end_of_rows_that_is_too_large() {
    let mut reply = reply(true);
    reply.receive(b"\x01").unwrap();
    reply.receive(&definition("a", 3, 0, 63)).unwrap();
    let limit = CONTROL_PACKET_LIMIT;
    let end = |length| [OK_EOF, &vec![b'x'; length - OK_EOF.len()]].concat();
    assert_eq!(
        reply.receive(&end(limit + 1)),
        Err(Malformed::TooLarge { limit })
    );
    assert!(matches!(
        reply.receive(&end(limit)),
        Ok(Event::EndOfRows(_))
    ));
}

#[test]
fn a_column_count_that_cannot_be() {
    for count in [&b"\xFD\x00\x00\x01"[..], b"\x01\x01", b"\xFE", b""] {
        assert!(reply(true).receive(count).is_err(), "{count:?}");
    }
}
