//! Rows as tuples of types: `Rows::next_as`.

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Date, DateTime, FromRow, Protocol, Row, Time, Value};
use rds_bridge::{Error, Stage};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::server_packets::{LONGLONG, VAR_STRING, binary_row, column, prepared};
use rds_bridge_test_support::tls_peer::{TlsPeer, say};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::hostile_server;
use crate::helpers::live::{block_on, to};

async fn connect(product: Product, protocol: Protocol) -> Connection {
    let builder = to(Server::shared(product))
        .user("password-user")
        .password(PASSWORD);
    let bridge = builder.protocol(protocol).build().await.unwrap();
    bridge.connect().await.unwrap()
}

const BOTH: [Protocol; 2] = [Protocol::Text, Protocol::Binary];

/// Asserts that a row read as a tuple equals the same row read value by value.
macro_rules! assert_same {
    ($connection:ident, $sql:literal, ($($type:ty),+), [$($at:literal),+]) => {{
        let mut rows = $connection.query($sql).await.unwrap();
        let row = rows.next_as::<($($type,)+)>().await.unwrap();
        let whole = format!("{:?}", row.unwrap());
        assert!(rows.next_as::<($($type,)+)>().await.unwrap().is_none());
        drop(rows);
        let mut rows = $connection.query($sql).await.unwrap();
        let row: Row<'_> = rows.next().await.unwrap().unwrap();
        let values: ($($type,)+) = ($(row.get($at).unwrap(),)+);
        assert_eq!(whole, format!("{values:?}"));
    }};
}

#[apply(on_each_server)]
fn every_type_is_as_get_reads_it(product: Product) {
    for protocol in BOTH {
        block_on(async {
            let mut connection = connect(product, protocol).await;
            assert_same!(
                connection,
                "SELECT CAST(-7 AS SIGNED), CAST(18446744073709551615 AS UNSIGNED), 'Æ', \
                 CAST(1.50 AS DECIMAL(5,2)), CAST('2026-01-31' AS DATE), \
                 CAST('2026-01-31 12:00:00.5' AS DATETIME(1)), CAST('-838:59:59' AS TIME), \
                 CAST(0.1 AS DOUBLE)",
                (i8, u64, &str, &str, Date, DateTime, Time, f64),
                [0, 1, 2, 3, 4, 5, 6, 7]
            );
            assert_same!(
                connection,
                "SELECT CAST(0.5 AS FLOAT), x'00FF', b'101', TRUE, 'x', REPEAT('é', 200)",
                (f32, &[u8], &[u8], bool, Option<String>, Value<'_>),
                [0, 1, 2, 3, 4, 5]
            );
            assert_same!(
                connection,
                "SELECT NULL, 'x', NULL, 7",
                (Option<u64>, Option<&str>, Option<String>, u8),
                [0, 1, 2, 3]
            );
            assert_same!(
                connection,
                "SELECT 'x', x'FF', REPEAT('x', 70000), 1, -1.5e300, '2026-01-31'",
                (String, Vec<u8>, &str, i128, f64, &str),
                [0, 1, 2, 3, 4, 5]
            );
        });
    }
}

/// The error of reading the first of three rows as `T`. The other rows can still be read.
fn refused<T: for<'a> FromRow<'a>>(product: Product, protocol: Protocol) -> Error {
    let sql = "SELECT id, name, NULL FROM items ORDER BY id";
    block_on(async {
        let mut connection = connect(product, protocol).await;
        let mut rows = connection.query(sql).await.unwrap();
        let error = match rows.next_as::<T>().await {
            Err(error) => error,
            Ok(_) => panic!("it is read"),
        };
        let second = rows.next_as::<(u64, &str, Option<u8>)>().await;
        assert_eq!(second.unwrap(), Some((2, "bread", None)));
        rows.finish().await.unwrap();
        assert!(connection.is_usable());
        error
    })
}

#[apply(on_each_server)]
fn what_does_not_fit_says_why_and_is_passed_over(product: Product) {
    for protocol in BOTH {
        let words = |error: Error| {
            assert_eq!(error.stage(), Stage::Rows);
            match error.kind() {
                ErrorKind::Value(error) => error.to_string(),
                other => panic!("{other:?}"),
            }
        };
        let error = words(refused::<(u64, String)>(product, protocol));
        assert_eq!(
            error,
            "the number of columns in the result is 3, but 2 was expected"
        );
        let error = words(refused::<(u64, String, u8, u8)>(product, protocol));
        assert_eq!(
            error,
            "the number of columns in the result is 3, but 4 was expected"
        );
        let error = words(refused::<(u64, String, String)>(product, protocol));
        assert_eq!(error, "column NULL is NULL");
        let error = words(refused::<(Date, String, Option<u8>)>(product, protocol));
        assert!(error.starts_with("column id holds "), "{error}");
    }
}

/// A value whose length exceeds the packet. The error is that of `Rows::next`.
#[test]
fn a_row_that_is_none_ends_the_connection() {
    let mut answer = vec![vec![2], column("a", LONGLONG), column("b", VAR_STRING)];
    answer.push([&[0, 0][..], &[0; 8], b"\x05abc"].concat());
    answer.push(binary_row(&["x"]));
    let peer = TlsPeer::start(vec![say([prepared(0)]), say(answer)]);
    block_on(async {
        let mut connection = hostile_server::connect(&peer).await;
        connection.set_protocol(Protocol::Binary);
        let mut rows = connection.query("SELECT a, b FROM t").await.unwrap();
        let error = rows.next_as::<(i64, &str)>().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed(_)), "{error}");
        let error = rows.next_as::<(i64, &str)>().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unusable), "{error}");
        drop(rows);
        assert!(!connection.is_usable());
    });
}
