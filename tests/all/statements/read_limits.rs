//! Limits of what a server can make a client read: the size of packets by their kind, the size of rows as the caller
//! sets it, silence, and the number of results.

use std::time::Duration;

use rds_bridge::error::{Category, ErrorKind, Stage};
use rds_bridge::mysql::{Malformed, Param, Protocol};
use rds_bridge::{Bridge, BridgeBuilder, Error};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::server_packets::{
    Then, VAR_STRING, column, end_of_rows, error, ok, result, text_row,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::hostile_server::{After, ask, malformed_by, read, use_again};
use crate::helpers::live::{block_on, connect, credentials, to};

/// The limit of a packet that is not a row.
const CONTROL_LIMIT: usize = 64 << 10;
const DEFINITIONS_LIMIT: usize = 16 << 20;
/// The default limit of a row.
const ROW_LIMIT: usize = 64 << 20;

/// A builder for connections to a peer.
fn to_peer(peer: &TlsPeer) -> BridgeBuilder {
    Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(peer.address().to_string())
        .ca_file(peer.ca_file())
        .user("lambda-user")
        .credentials(credentials())
}

/// Sends only the beginning of a packet of this length. The client refuses it because of its header.
fn beginning_of(sequence_id: u8, length: usize, payload: &[u8]) -> Say {
    let [a, b, c, _] = u32::try_from(length).unwrap().to_le_bytes();
    Say::Bytes([&[a, b, c, sequence_id], payload].concat())
}

/// A `ColumnDefinition41` with a name of this length, which is encoded in three bytes.
fn definition(length: usize) -> Vec<u8> {
    let [a, b, c, _] = u32::try_from(length).unwrap().to_le_bytes();
    let mut payload = b"\x03def\x00\x00\x00\xFD".to_vec();
    payload.extend([a, b, c]);
    payload.extend(vec![b'n'; length]);
    // The rest is that of a definition with an empty name.
    let short = column("", VAR_STRING);
    payload.extend_from_slice(&short[b"\x03def\x00\x00\x00\x00".len()..]);
    payload
}

fn too_large(limit: usize) -> Malformed {
    Malformed::TooLarge { limit }
}

#[test]
fn a_packet_that_is_no_row_is_small() {
    let refused = |answer| malformed_by(ask, answer);
    let large = CONTROL_LIMIT + 1;
    // The first packet of the reply, then a definition, or the packet that should end the definitions.
    assert_eq!(
        refused(vec![beginning_of(1, large, b"\0")]),
        too_large(CONTROL_LIMIT)
    );
    let mut answer = say([vec![1]]);
    answer.push(beginning_of(2, 0xFF_FFFF, b"\x03def"));
    assert_eq!(refused(answer), too_large(CONTROL_LIMIT));
    // An error before the rows, and one among them.
    let long = "x".repeat(CONTROL_LIMIT);
    let long_error = error(1064, "42000", &long);
    assert_eq!(refused(say([long_error.clone()])), too_large(CONTROL_LIMIT));
    let among = [
        vec![1],
        column("a", VAR_STRING),
        text_row(&["x"]),
        long_error,
    ];
    assert_eq!(refused(say(among)), too_large(CONTROL_LIMIT));
    let end = [end_of_rows(Then::Nothing), vec![b'x'; CONTROL_LIMIT]].concat();
    let among = [vec![1], column("a", VAR_STRING), text_row(&["x"]), end];
    assert_eq!(refused(say(among)), too_large(CONTROL_LIMIT));
}

#[test]
fn definitions_are_small_together() {
    // Each definition has the largest size, and their number just fits the total limit.
    let one = definition(CONTROL_LIMIT - definition(0).len());
    assert_eq!(one.len(), CONTROL_LIMIT);
    let fitting = DEFINITIONS_LIMIT / CONTROL_LIMIT;
    let answer = |columns: usize| {
        let [low, high, ..] = columns.to_le_bytes();
        let mut payloads = vec![vec![0xFC, low, high]];
        payloads.extend(vec![one.clone(); columns]);
        payloads
    };
    let whole = [answer(fitting), vec![end_of_rows(Then::Nothing)]].concat();
    let (outcome, after) = ask(say(whole));
    assert_eq!((outcome.unwrap(), after), (0, After::Works));
    let refused = malformed_by(ask, say(answer(fitting + 1)));
    assert_eq!(refused, too_large(DEFINITIONS_LIMIT));
}

#[test]
fn the_message_of_an_error_is_shortened() {
    let (outcome, after) = ask(say([error(1064, "42000", &"é".repeat(20_000))]));
    let error = outcome.unwrap_err();
    assert_eq!((error.code(), after), (Some(1064), After::Works));
    let message = &error.server_error().unwrap().message;
    assert!(
        message.len() < 5_000 && message.ends_with("é…"),
        "{}",
        message.len()
    );
}

#[test]
fn an_error_without_an_sql_state() {
    for message in ["Too many connections", "Full", ""] {
        let packet = [b"\xFF\x10\x04", message.as_bytes()].concat();
        let (outcome, after) = ask(say([packet]));
        let error = outcome.unwrap_err();
        assert_eq!((error.code(), error.sql_state()), (Some(1040), None));
        assert_eq!(error.server_error().unwrap().message, message);
        assert_eq!(after, After::Works);
    }
}

fn is_too_large(error: &Error, expected: usize) -> bool {
    error.category() == Category::Limit
        && matches!(error.kind(), ErrorKind::RowTooLarge { limit } if *limit == expected)
}

/// The client refuses the row because of its header; the rest need not arrive.
#[test]
fn a_row_of_a_hostile_server_is_refused_before_it_is_read() {
    let mut answer = say([vec![1], column("a", VAR_STRING), text_row(&["x"])]);
    let mut one_packet = answer.clone();
    one_packet.push(beginning_of(4, 100_001, b"\xFD"));
    let peer = TlsPeer::start(vec![one_packet]);
    block_on(async {
        let mut connection = connect(
            to_peer(&peer)
                .protocol(Protocol::Text)
                .max_row_bytes(100_000),
        )
        .await;
        let mut rows = connection.query("SELECT 1").await.unwrap();
        assert!(rows.next().await.unwrap().is_some());
        let error = rows.next().await.unwrap_err();
        assert!(is_too_large(&error, 100_000), "{error}");
        assert_eq!(error.stage(), Stage::Rows);
        assert!(
            error.causes()[0]
                .remedy
                .to_string()
                .contains("max_row_bytes")
        );
        assert_eq!(use_again(&mut connection).await, After::Unusable);
    });
    // A row of several packets, with the default limit.
    answer.push(Say::Payload([&[0xFE][..], &vec![b'x'; ROW_LIMIT]].concat()));
    let peer = TlsPeer::start(vec![answer]);
    block_on(async {
        let mut connection = connect(to_peer(&peer).protocol(Protocol::Text)).await;
        let error = read(&mut connection).await.unwrap_err();
        assert!(is_too_large(&error, ROW_LIMIT), "{error}");
    });
}

#[apply(on_each_server)]
fn rows_up_to_the_limit(product: Product) {
    const LIMIT: usize = 100_000;
    let server = Server::shared(product);
    block_on(async {
        let bridge = to(server).user("password-user").password(PASSWORD);
        let bridge = bridge.max_row_bytes(LIMIT).build().await.unwrap();
        for (protocol, beside) in [(Protocol::Text, 4), (Protocol::Binary, 6)] {
            let mut connection = bridge.connect().await.unwrap();
            connection.set_protocol(protocol);
            let sql = |length: usize| format!("SELECT REPEAT('x', {length})");
            let mut rows = connection.query(&sql(LIMIT - beside)).await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get::<&str>(0).unwrap().len(), LIMIT - beside);
            drop(rows);
            let mut rows = connection.query(&sql(LIMIT - beside + 1)).await.unwrap();
            let error = rows.next().await.unwrap_err();
            assert!(is_too_large(&error, LIMIT), "{error}");
            assert!(!connection.is_usable());
        }
        for limit in [CONTROL_LIMIT - 1, (1 << 30) + 1] {
            let error = to(server).user("password-user").password(PASSWORD);
            let error = error.max_row_bytes(limit).build().await.unwrap_err();
            assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Setting {
                        setting: "max_row_bytes",
                        ..
                    }
                ),
                "{error}"
            );
        }
    });
}

/// A server that keeps sending may take as long as it needs.
#[apply(on_each_server)]
fn a_server_that_says_nothing_is_not_waited_for(product: Product) {
    let server = Server::shared(product);
    let limit = Duration::from_millis(300);
    block_on(async {
        let bridge = to(server).user("password-user").password(PASSWORD);
        let bridge = bridge.read_idle_timeout(limit).build().await.unwrap();
        for sql in ["SELECT SLEEP(3600)", "SELECT SLEEP(?)"] {
            let mut connection = bridge.connect().await.unwrap();
            connection.ping().await.unwrap();
            let params = vec![Param::from(3_600); sql.matches('?').count()];
            let failed = connection.query_with(sql, &params).await;
            let error = match failed {
                Ok(mut rows) => rows.next().await.unwrap_err(),
                Err(error) => error,
            };
            assert!(
                matches!(error.kind(), ErrorKind::Timeout(told) if *told == limit),
                "{error}"
            );
            assert!(!connection.is_usable());
        }
        let mut connection = bridge.connect().await.unwrap();
        connection.set_read_idle_timeout(None);
        connection.execute("SELECT SLEEP(0.5)", ()).await.unwrap();
    });
}

#[test]
fn results_without_rows_come_to_an_end() {
    // Raw bytes, because a million payloads would be as many TLS records.
    let packets = (0..(1_u32 << 20) + 1).flat_map(|number| {
        let sequence_id = u8::try_from(number % 256).unwrap().wrapping_add(1);
        let payload = ok(Then::More);
        let length = u8::try_from(payload.len()).unwrap();
        [vec![length, 0, 0, sequence_id], payload].concat()
    });
    let refused = malformed_by(ask, vec![Say::Bytes(packets.collect())]);
    assert_eq!(refused, Malformed::TooManyResults { limit: 1 << 20 });
    // A thousand results are not unusual.
    let some = vec![vec![ok(Then::More)]; 1_000].concat();
    let (outcome, after) = ask(say([some, result("a", &["x"], Then::Nothing)].concat()));
    assert_eq!((outcome.unwrap(), after), (1, After::Works));
}
