//! Features that MariaDB lacks or implements differently. Their results are read like any other, and a session that
//! enables such a feature keeps working.

use std::fs;
use std::path::Path;

use rds_bridge::mysql::{ColumnKind, Param, Protocol};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::Value as Json;

use crate::helpers::command::{query, stdout};
use crate::helpers::live::{block_on, connect_as_admin, first_value};

const BOTH: [Protocol; 2] = [Protocol::Text, Protocol::Binary];

fn started(sql: &str) -> Server {
    let server = Server::start(Product::MySql, &Options::default());
    server.execute_as_admin(sql);
    server
}

#[test]
fn json_duality_views_are_json_and_can_be_written() {
    let server = started(
        "CREATE TABLE iamtest.orders (id INT PRIMARY KEY, customer VARCHAR(20));
         INSERT INTO iamtest.orders VALUES (1, 'Ann');
         CREATE JSON RELATIONAL DUALITY VIEW iamtest.order_documents AS
             SELECT JSON_DUALITY_OBJECT(WITH(INSERT, UPDATE, DELETE) '_id': id, 'customer': customer)
             FROM iamtest.orders;",
    );
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        let insert = "INSERT INTO order_documents VALUES (?)";
        let document = Param::from(r#"{"_id": 2, "customer": "Bob"}"#);
        let inserting = connection.query_with(insert, &[document]).await.unwrap();
        assert_eq!(inserting.finish().await.unwrap().affected_rows, 1);
        for protocol in BOTH {
            connection.set_protocol(protocol);
            let sql = "SELECT data FROM order_documents WHERE data->'$._id' = 2";
            let mut rows = connection.query(sql).await.unwrap();
            assert_eq!(rows.columns()[0].kind(), ColumnKind::Json);
            let row = rows.next().await.unwrap().unwrap();
            let document: Json = serde_json::from_str(row.get(0).unwrap()).unwrap();
            assert_eq!(
                (&document["_id"], &document["customer"]),
                (&2.into(), &"Bob".into())
            );
        }
    });
    // As JSON it is an object, not a string that contains JSON.
    let output = query(
        &server,
        &["SELECT data FROM order_documents", "--format", "ndjson"],
    );
    for line in stdout(&output).lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        assert!(row["data"]["customer"].is_string(), "{line}");
    }
}

#[test]
fn generated_invisible_primary_keys_are_seen_by_name_alone() {
    let server = started(
        "SET sql_generate_invisible_primary_key = ON;
         CREATE TABLE iamtest.keyless (a INT);
         INSERT INTO iamtest.keyless VALUES (7), (8);",
    );
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        let mut rows = connection.query("SELECT * FROM keyless").await.unwrap();
        assert_eq!(rows.columns().len(), 1);
        let mut seen = Vec::new();
        while let Some((a,)) = rows.next_as::<(i32,)>().await.unwrap() {
            seen.push(a);
        }
        assert_eq!(seen, [7, 8]);
        let mut rows = connection
            .query("SELECT my_row_id, a FROM keyless")
            .await
            .unwrap();
        assert_eq!(rows.next_as::<(u64, i32)>().await.unwrap(), Some((1, 7)));
        let insert = connection
            .execute("INSERT INTO keyless VALUES (9)", ())
            .await;
        assert_eq!(insert.unwrap().last_insert_id, 3);
    });
}

/// A prepared `CALL` returns the OUT parameters as a last result with one row, also on MariaDB.
#[apply(on_each_server)]
fn out_parameters_are_a_result_of_their_own(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "DELIMITER //
         CREATE PROCEDURE iamtest.twice(IN a INT, OUT doubled INT, INOUT word VARCHAR(20))
         BEGIN SELECT a AS given; SET doubled = 2 * a, word = CONCAT(word, '!'); END //",
    );
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        for number in [21, 4] {
            let params = [number.into(), Param::Null, "é".into()];
            let calling = connection.query_with("CALL twice(?, ?, ?)", &params);
            let mut rows = calling.await.unwrap();
            assert_eq!(rows.next_as::<(i32,)>().await.unwrap(), Some((number,)));
            assert!(rows.next_result().await.unwrap());
            // MySQL announces the string as binary.
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(
                (row.get(0), row.get(1)),
                (Ok(2 * number), Ok("é!".as_bytes()))
            );
            rows.finish().await.unwrap();
        }
    });
}

#[test]
fn explain_in_every_format() {
    let server = Server::shared(Product::MySql);
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        for protocol in BOTH {
            connection.set_protocol(protocol);
            let explain = |how| format!("EXPLAIN {how} SELECT name FROM items WHERE id = 2");
            let tree = first_value::<String>(&mut connection, &explain("FORMAT=TREE")).await;
            assert!(tree.starts_with("-> ") && tree.contains("\n"), "{tree}");
            let json = first_value::<String>(&mut connection, &explain("FORMAT=JSON")).await;
            let json: Json = serde_json::from_str(&json).unwrap();
            assert!(json.is_object());
            let analyzed = first_value::<String>(&mut connection, &explain("ANALYZE")).await;
            assert!(analyzed.contains("actual time="), "{analyzed}");
            let mut rows = connection
                .query(&explain("FORMAT=TRADITIONAL"))
                .await
                .unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get("table"), Ok("items"));
        }
    });
}

#[apply(on_each_server)]
fn as_many_columns_as_a_result_can_have(product: Product) {
    let server = Server::shared(product);
    let columns: Vec<String> = (0..4_096).map(|n| format!("{n} AS c{n}")).collect();
    let sql = format!("SELECT {}", columns.join(","));
    block_on(async {
        let mut connection = connect_as_admin(server).await;
        for protocol in BOTH {
            connection.set_protocol(protocol);
            let mut rows = connection.query(&sql).await.unwrap();
            assert_eq!(rows.columns().len(), 4_096);
            let row = rows.next().await.unwrap().unwrap();
            for n in [0, 1, 4_095] {
                assert_eq!(row.get(n), Ok(n));
            }
            assert_eq!(row.get("c4095"), Ok(4_095));
        }
    });
}

/// Lengths around the one at which a payload needs another packet, in both directions.
#[apply(on_each_server)]
fn payloads_of_16_mib(product: Product) {
    const PACKET_LIMIT: usize = 0xFF_FFFF;
    let arguments = vec!["--max-allowed-packet=64M".to_owned()];
    let options = Options {
        arguments,
        ..Options::default()
    };
    let server = Server::start(product, &options);
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        // A row of the text protocol is four bytes longer than its single value, and a row of the binary protocol six.
        for length in PACKET_LIMIT - 6..=PACKET_LIMIT - 3 {
            let value = "x".repeat(length);
            let asked = [value.as_str().into()];
            let mut rows = connection.query_with("SELECT ?", &asked).await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            assert!(row.get::<&str>(0).unwrap() == value, "{length}");
            connection.set_protocol(Protocol::Text);
            let sql = format!("SELECT '{value}'");
            assert!(
                first_value::<String>(&mut connection, &sql).await == value,
                "{length}"
            );
        }
    });
}

/// The client does not announce `CLIENT_OPTIONAL_RESULTSET_METADATA`, so the server refuses to omit the column
/// definitions.
#[test]
fn result_sets_always_have_metadata() {
    block_on(async {
        let mut connection = connect_as_admin(Server::shared(Product::MySql)).await;
        for protocol in BOTH {
            connection.set_protocol(protocol);
            let refused = connection
                .execute("SET resultset_metadata = NONE", ())
                .await;
            assert_eq!(refused.unwrap_err().code(), Some(3640));
            let metadata =
                first_value::<String>(&mut connection, "SELECT @@resultset_metadata").await;
            assert_eq!(metadata, "FULL");
        }
    });
}

/// The client does not send query attributes. A server that supports them reads statements and parameters as before.
#[test]
fn a_server_with_query_attributes() {
    // Copies the component into the folder from which a server of the tests loads plugins.
    let server = Server::start(Product::MySql, &Options::default());
    let folder = |variable| server.execute_as_admin(&format!("SELECT @@{variable}"));
    let name = "component_query_attributes.so";
    let theirs = Path::new(folder("basedir").trim_end()).join("lib/mysql/plugin");
    fs::copy(
        theirs.join(name),
        Path::new(folder("plugin_dir").trim_end()).join(name),
    )
    .unwrap();
    server.execute_as_admin("INSTALL COMPONENT 'file://component_query_attributes'");
    block_on(async {
        let mut connection = connect_as_admin(&server).await;
        let sql = "SELECT mysql_query_attribute_string('traceparent'), ?";
        for protocol in BOTH {
            connection.set_protocol(protocol);
            for number in [1, 2] {
                let mut rows = connection.query_with(sql, (number,)).await.unwrap();
                let row = rows.next_as::<(Option<String>, i32)>().await.unwrap();
                assert_eq!(row, Some((None, number)));
            }
            assert_eq!(
                first_value::<String>(&mut connection, "SELECT 'é'").await,
                "é"
            );
        }
    });
}

/// The client does not announce `CLIENT_SESSION_TRACK`, so OK packets do not change, whatever a session enables.
#[test]
fn a_session_that_tracks_its_state() {
    block_on(async {
        let mut connection = connect_as_admin(Server::shared(Product::MySql)).await;
        for set in [
            "session_track_system_variables = '*'",
            "session_track_schema = ON",
            "session_track_state_change = ON",
            "session_track_gtids = OWN_GTID",
            "session_track_transaction_info = CHARACTERISTICS",
        ] {
            let set = format!("SET SESSION {set}");
            connection.execute(&set, ()).await.unwrap();
        }
        for protocol in BOTH {
            connection.set_protocol(protocol);
            for sql in [
                "SET NAMES utf8mb4",
                "USE iamtest",
                "START TRANSACTION",
                "ROLLBACK",
            ] {
                let summary = connection.execute(sql, ()).await.unwrap();
                assert_eq!((summary.affected_rows, summary.warnings), (0, 0), "{sql}");
            }
            assert_eq!(
                first_value::<String>(&mut connection, "SELECT 'é'").await,
                "é"
            );
        }
    });
}
