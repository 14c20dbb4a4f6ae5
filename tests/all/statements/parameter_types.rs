//! Parameters of other types than in the execution before, which must not influence the result.
//!
//! Since 8.0.22 MySQL derives a parameter's type once. After a column of names was compared with a number, it would
//! convert later names to numbers, and every name that does not begin with a digit equals 0.

use rds_bridge::mysql::{Connection, Param, Protocol};
use rds_bridge::pool::Pool;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function;
use crate::helpers::live::{block_on, to};

async fn count(connection: &mut Connection, sql: &str, param: impl Into<Param>) -> usize {
    let mut rows = connection.query_with(sql, (param,)).await.unwrap();
    let mut count = 0;
    while rows.next().await.unwrap().is_some() {
        count += 1;
    }
    count
}

async fn affected(connection: &mut Connection, sql: &str, param: impl Into<Param>) -> u64 {
    let rows = connection.query_with(sql, (param,)).await.unwrap();
    rows.finish().await.unwrap().affected_rows
}

#[apply(on_each_server)]
fn a_query_finds_what_each_execution_asks_for(product: Product) {
    block_on(async {
        let builder = to(Server::shared(product))
            .user("password-user")
            .password(PASSWORD);
        let mut connection = builder.build().await.unwrap().connect().await.unwrap();
        let sql = "SELECT name FROM items WHERE name = ?";
        for _ in 0..2 {
            assert_eq!(count(&mut connection, sql, "zzz").await, 0);
            // Every name equals 0, because none begins with a digit.
            assert_eq!(count(&mut connection, sql, 0).await, 3);
            assert_eq!(count(&mut connection, sql, "zzz").await, 0);
            assert_eq!(count(&mut connection, sql, None::<i64>).await, 0);
            assert_eq!(count(&mut connection, sql, "apple").await, 1);
        }
        for (param, text) in [(Param::from(5), "5"), (Param::from("hello"), "hello")] {
            let mut rows = connection
                .query_with("SELECT CONCAT(?)", &[param])
                .await
                .unwrap();
            assert_eq!(rows.next().await.unwrap().unwrap().get(0), Ok(text));
        }
        let mut rows = connection
            .query_with("SELECT ? x", &[Param::from(5)])
            .await
            .unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap().get(0), Ok(5));
        drop(rows);
        let mut rows = connection
            .query_with("SELECT ? x", &[Param::from("hello")])
            .await
            .unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap().get(0), Ok("hello"));
    });
}

/// MySQL keeps the types that user variables had when the statement was prepared.
#[apply(on_each_server)]
fn a_user_variable_is_of_the_type_that_it_has_now(product: Product) {
    block_on(async {
        let bridge = to(Server::shared(product))
            .user("password-user")
            .password(PASSWORD);
        let mut connection = bridge.build().await.unwrap().connect().await.unwrap();
        let text = "SELECT COUNT(*) FROM items WHERE name = @v";
        let prepared = "SELECT COUNT(*) FROM items WHERE name = @v AND ? = 1";
        for protocol in [Protocol::Auto, Protocol::Binary] {
            connection.set_protocol(protocol);
            for (value, expected) in [("5", 0), ("'zzz'", 0), ("'apple'", 1), ("7", 0)] {
                let set = format!("SELECT {value} INTO @v");
                connection.execute(&set, ()).await.unwrap();
                let mut rows = connection.query(text).await.unwrap();
                let count: i64 = rows.next().await.unwrap().unwrap().get(0).unwrap();
                assert_eq!(count, expected, "{value}");
                drop(rows);
                let one = [Param::from(1)];
                let mut rows = connection.query_with(prepared, &one).await.unwrap();
                let count: i64 = rows.next().await.unwrap().unwrap().get(0).unwrap();
                assert_eq!(count, expected, "{value}, with a parameter");
            }
        }
    });
}

/// A number compared with the names matches every row, which is what the caller has asked for; or the server refuses
/// it. A later statement with a name changes only the rows of that name.
#[apply(on_each_server)]
fn an_update_and_a_delete_hit_what_they_say(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server)
            .user("admin")
            .password(PASSWORD)
            .allow_writes(true);
        let bridge = builder.build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(1).build().unwrap();
        let update = "UPDATE items SET price = price + 1 WHERE name = ?";
        let delete = "DELETE FROM items WHERE name = ?";
        for sql in [update, delete] {
            let mut first = pool.get().await.unwrap();
            // The transaction is rolled back when the connection is returned.
            first.execute("START TRANSACTION", ()).await.unwrap();
            let numbers = first.query_with(sql, &[Param::from(0)]).await;
            if let Ok(rows) = numbers {
                let _refused_where_a_name_is_no_number = rows.finish().await;
            }
            drop(first);
            let mut next = pool.get().await.unwrap();
            assert_eq!(affected(&mut next, sql, "zzz").await, 0, "{sql}");
        }
        let mut next = pool.get().await.unwrap();
        assert_eq!(affected(&mut next, update, "apple").await, 1);
        assert_eq!(affected(&mut next, delete, "apple").await, 1);
    });
    let left = server.execute_as_admin("SELECT name, price FROM iamtest.items");
    assert_eq!(left, "bread\t3.50\ncheese\t12.00\n");
}

/// A number of one caller does not influence the next caller. Only a parameter of the declared type `any` accepts a
/// number where a name is expected, because the number 0 equals every name.
#[apply(on_each_server)]
fn callers_of_a_function_do_not_meet(product: Product) {
    let queries = r#"{
        "untyped": "SELECT name FROM items WHERE name = ?",
        "text": {"sql": "SELECT name FROM items WHERE name = ?", "parameters": ["text"]},
        "any": {"sql": "SELECT name FROM items WHERE name = ?", "parameters": ["any"]}
    }"#;
    let function = function::start(Server::shared(product), &[("DB_QUERIES", queries)]);
    let event = |name: &str, value: &Json| json!({"query": name, "parameters": [value]});
    for number in [json!(0), json!(false), json!(0.0), json!(-1)] {
        for name in ["untyped", "text", "any"] {
            let _own_request = function.invoke(event(name, &number).to_string());
            for (text, found) in [("zzz", json!([])), ("apple", json!([{"name": "apple"}]))] {
                assert_eq!(
                    function::rows(&function, &event(name, &json!(text))),
                    found,
                    "{number}"
                );
            }
        }
        for name in ["untyped", "text"] {
            let (kind, refused) = function::failure(&function, &event(name, &number));
            assert_eq!(kind, "InvalidParameters", "{refused}");
        }
    }
}

/// The limit applies to all connections of the server. The connection closes cached statements to stay below it.
#[apply(on_each_server)]
fn few_statements_may_be_prepared(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--max-prepared-stmt-count=1".to_owned()],
            ..Options::default()
        },
    );
    block_on(async {
        let builder = to(&server).user("password-user").password(PASSWORD);
        let bridge = builder.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        for number in [1, 2, 1, 3] {
            let sql = format!("SELECT id FROM items WHERE id = ? AND {number} > 0");
            assert_eq!(count(&mut connection, &sql, 1).await, 1);
        }
        // The connection cannot close a statement of another one.
        let mut other = bridge.connect().await.unwrap();
        let refused = other.query_with("SELECT ?", &[Param::from(1)]).await;
        let error = refused.map(drop).unwrap_err();
        assert_eq!(error.code(), Some(1461));
        assert!(!error.causes().is_empty());
    });
}

/// In this mode a backslash is an ordinary character. The server's number of parameters counts, not the client's.
#[apply(on_each_server)]
fn without_backslash_escapes(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--sql-mode=NO_BACKSLASH_ESCAPES".to_owned()],
            ..Options::default()
        },
    );
    block_on(async {
        let builder = to(&server).user("password-user").password(PASSWORD);
        let mut connection = builder.build().await.unwrap().connect().await.unwrap();
        let sql = r"SELECT 'x\', ? b";
        let mut rows = connection.query_with(sql, &[Param::from(7)]).await.unwrap();
        let row = rows.next().await.unwrap().unwrap();
        assert_eq!((row.get(0), row.get(1)), (Ok(r"x\"), Ok(7)));
    });
}
