//! `#[derive(FromRow)]` on both servers, in both protocols.

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, FromRow, Protocol, ValueError};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_with_password};

#[derive(Debug, PartialEq, FromRow)]
struct Item {
    id: u64,
    name: Option<String>,
}

#[derive(Debug, PartialEq, FromRow)]
struct Borrowed<'r> {
    #[from_row(rename = "item name")]
    name: &'r str,
    #[from_row(default)]
    size: u32,
    #[from_row(skip)]
    selected: bool,
    r#type: i8,
}

#[derive(Debug, PartialEq, FromRow)]
struct Pair(u8, #[from_row(skip)] u8, String);

#[derive(Debug, PartialEq, FromRow)]
struct Generic<T: for<'a> rds_bridge::mysql::FromValue<'a>> {
    value: T,
}

async fn connect(product: Product, protocol: Protocol) -> Connection {
    let mut connection = connect_with_password(Server::shared(product)).await;
    connection.set_protocol(protocol);
    connection
}

fn in_both_protocols(product: Product, test: impl AsyncFn(&mut Connection)) {
    for protocol in [Protocol::Text, Protocol::Binary] {
        block_on(async { test(&mut connect(product, protocol).await).await });
    }
}

#[apply(on_each_server)]
fn fields_are_read_by_name_in_any_order(product: Product) {
    let expected = [
        Item {
            id: 1,
            name: Some("a".to_owned()),
        },
        Item { id: 2, name: None },
    ];
    in_both_protocols(product, async |connection| {
        for sql in [
            "SELECT 1 AS id, 'a' AS name UNION ALL SELECT 2, NULL",
            "SELECT 'a' AS name, 1 AS id UNION ALL SELECT NULL, 2",
            "SELECT 0 AS more, 'a' AS name, 1 AS id UNION ALL SELECT 0, NULL, 2",
        ] {
            let items: Vec<Item> = connection.query_all(sql, ()).await.unwrap();
            assert_eq!(items, expected, "{sql}");
        }
    });
}

#[apply(on_each_server)]
fn attributes_borrowing_and_positions(product: Product) {
    in_both_protocols(product, async |connection| {
        let sql = "SELECT 'lamp' AS `item name`, NULL AS size, -1 AS type";
        let mut rows = connection.query(sql).await.unwrap();
        let row = rows.next_as::<Borrowed<'_>>().await.unwrap().unwrap();
        let expected = Borrowed {
            name: "lamp",
            size: 0,
            selected: false,
            r#type: -1,
        };
        assert_eq!(row, expected);
        rows.finish().await.unwrap();
        let pair: Pair = connection.query_one("SELECT 7, 'x'", ()).await.unwrap();
        assert_eq!(pair, Pair(7, 0, "x".to_owned()));
        let generic = connection.query_one::<Generic<i32>>("SELECT 5 AS value", ());
        assert_eq!(generic.await.unwrap(), Generic { value: 5 });
    });
}

async fn refused<T: for<'r> FromRow<'r>>(connection: &mut Connection, sql: &str) -> ValueError {
    let error = connection.query_all::<T>(sql, ()).await.err().unwrap();
    let ErrorKind::Value(value) = error.kind() else {
        panic!("{error:?}");
    };
    value.clone()
}

#[apply(on_each_server)]
fn what_cannot_be_mapped_is_named(product: Product) {
    in_both_protocols(product, async |connection| {
        let error = refused::<Item>(connection, "SELECT 1 AS id").await;
        assert_eq!(error.to_string(), "there is no column `name`");
        let sql = "SELECT 1 AS id, 'a' AS name, 'b' AS name";
        let error = refused::<Item>(connection, sql).await;
        let words = "several columns are named name: give them distinct names with AS";
        assert_eq!(error.to_string(), words);
        let error = refused::<Item>(connection, "SELECT -1 AS id, 'a' AS name").await;
        let words = "the value of column id is out of range for u64";
        assert_eq!(error.to_string(), words);
        let error = refused::<Item>(connection, "SELECT NULL AS id, 'a' AS name").await;
        assert_eq!(error.to_string(), "column id is NULL");
        let error = refused::<Pair>(connection, "SELECT 1, 'a', 2").await;
        let expected = ValueError::ColumnCount {
            columns: 3,
            expected: 2,
        };
        assert_eq!(error, expected);
    });
}
