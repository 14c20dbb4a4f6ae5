//! mysql_async, in this process, on rustls with ring, the provider of rds-bridge.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, Params, Row, SslOpts, TxOpts, Value};
use rds_bridge_emulator::{Emulator, EventKind};

use crate::helpers::emulator::clients::{
    assert_another_authority_is_refused, assert_refused_for_each_mistake, assert_tls_is_demanded,
};
use crate::helpers::emulator::server::{Environment, Server, token};
use crate::helpers::live::block_on;

fn options(environment: &Environment, seconds_ago: u64) -> OptsBuilder {
    let tls = SslOpts::default()
        .with_root_certs(vec![
            std::fs::read(&environment["DB_CA_FILE"]).unwrap().into(),
        ])
        .with_disable_built_in_roots(true);
    OptsBuilder::default()
        .ip_or_hostname("localhost")
        .tcp_port(environment["DB_PORT"].parse().unwrap())
        .user(Some(&environment["DB_USER"]))
        .pass(Some(token(environment, seconds_ago)))
        .db_name(Some(&environment["DB_NAME"]))
        .enable_cleartext_plugin(true)
        .prefer_socket(false)
        .ssl_opts(tls)
}

async fn connect(environment: &Environment) -> Conn {
    Conn::new(options(environment, 0)).await.unwrap()
}

fn error(options: impl Into<Opts>) -> String {
    match block_on(Conn::new(options)) {
        Ok(_) => panic!("let in"),
        Err(Error::Server(error)) => error.to_string(),
        Err(other) => format!("{other:?}"),
    }
}

#[test]
fn it_reads_the_items_in_both_protocols() {
    let server = Server::start();
    block_on(async {
        let mut connection = connect(&server.environment()).await;
        let expected = [
            (1, "apple", "1.25"),
            (2, "bread", "3.50"),
            (3, "cheese", "12.00"),
        ]
        .map(|(id, name, price)| (id, name.to_owned(), price.to_owned()));
        let sql = "SELECT id, name, price FROM items ORDER BY id";
        let text: Vec<(u32, String, String)> = connection.query(sql).await.unwrap();
        assert_eq!(text, expected);
        let binary: Vec<(u32, String, String)> = connection.exec(sql, ()).await.unwrap();
        assert_eq!(binary, expected);
        connection.disconnect().await.unwrap();
    });
    server.assert_all_were_let_in();
}

#[test]
fn parameters_come_back_as_they_were() {
    let server = Server::start();
    block_on(async {
        let mut connection = connect(&server.environment()).await;
        connection
            .query_drop(
                "CREATE TABLE parameters (t VARCHAR(64), b VARBINARY(300), d DATE, at DATETIME(6), \
                 h TIME, m DECIMAL(12,4), f DOUBLE, i BIGINT, u INT UNSIGNED, n INT)",
            )
            .await
            .unwrap();
        let values = vec![
            Value::Bytes("it's \"a\" \\ \n ä€😀".into()),
            Value::Bytes((0..=255).collect()),
            Value::Date(2024, 2, 29, 0, 0, 0, 0),
            Value::Date(2024, 2, 29, 23, 59, 58, 123_456),
            Value::Time(true, 1, 2, 3, 4, 0),
            Value::Bytes(b"-12345.6789".to_vec()),
            Value::Double(0.1),
            Value::Int(i64::MIN),
            Value::Int(4_294_967_295),
            Value::NULL,
        ];
        let insert = "INSERT INTO parameters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let params = Params::Positional(values.clone());
        connection.exec_drop(insert, params).await.unwrap();
        assert_eq!(connection.affected_rows(), 1);
        let sql = "SELECT * FROM parameters WHERE t = ? AND n IS NULL";
        let found: Vec<Row> = connection.exec(sql, (&values[0],)).await.unwrap();
        let found: Vec<Vec<Value>> = found.into_iter().map(Row::unwrap).collect();
        assert_eq!(found, [values]);
    });
}

#[test]
fn one_prepared_statement_and_many_executions() {
    let server = Server::start();
    block_on(async {
        let mut connection = connect(&server.environment()).await;
        let statement = connection
            .prep("SELECT name, ? FROM items WHERE id = ?")
            .await;
        let statement = statement.unwrap();
        assert_eq!((statement.num_params(), statement.columns().len()), (2, 2));
        for number in 0..300_u32 {
            let params = (number, number % 3 + 1);
            let row = connection.exec_first(&statement, params).await.unwrap();
            let name = ["apple", "bread", "cheese"][number as usize % 3];
            assert_eq!(row, Some((name.to_owned(), number)));
        }
        connection.close(statement).await.unwrap();
    });
}

#[test]
fn transactions() {
    let server = Server::start();
    block_on(async {
        let mut connection = connect(&server.environment()).await;
        let mut other = connect(&server.environment()).await;
        let count = "SELECT COUNT(*) FROM items";
        let mut transaction = connection
            .start_transaction(TxOpts::default())
            .await
            .unwrap();
        let insert = "INSERT INTO items (name) VALUES ('date')";
        transaction.query_drop(insert).await.unwrap();
        assert_eq!(transaction.last_insert_id(), Some(4));
        assert_eq!(other.query_first(count).await.unwrap(), Some(3));
        transaction.rollback().await.unwrap();
        let mut transaction = connection
            .start_transaction(TxOpts::default())
            .await
            .unwrap();
        transaction.query_drop(insert).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(other.query_first(count).await.unwrap(), Some(4));

        let mut read_only = TxOpts::default();
        read_only.with_readonly(true);
        let mut transaction = connection.start_transaction(read_only).await.unwrap();
        let Err(Error::Server(error)) = transaction.query_drop(insert).await else {
            panic!("written");
        };
        assert_eq!(error.code, 1792);
    });
}

#[test]
fn errors() {
    let server = Server::start();
    block_on(async {
        let mut connection = connect(&server.environment()).await;
        for (sql, code, state) in [
            ("SELECT * FROM nowhere", 1146, "42S02"),
            ("SELEKT 1", 1064, "42000"),
            (
                "INSERT INTO items (id, name) VALUES (1, 'again')",
                1062,
                "23000",
            ),
        ] {
            let text = connection.query_drop(sql).await.unwrap_err();
            let binary = connection.exec_drop(sql, ()).await.unwrap_err();
            for error in [text, binary] {
                let Error::Server(error) = error else {
                    panic!("{error:?}");
                };
                assert_eq!((error.code, error.state.as_str()), (code, state), "{sql}");
            }
        }
        connection.ping().await.unwrap();
        connection.reset().await.unwrap();
        assert_eq!(connection.query_first("SELECT 1").await.unwrap(), Some(1));
    });
}

/// The KILL is repeated until the statement has ended, because nothing shows when it has begun.
#[test]
fn a_statement_that_sleeps_is_killed() {
    let server = Server::start();
    block_on(async {
        let mut sleeping = connect(&server.environment()).await;
        let mut other = connect(&server.environment()).await;
        let kill = format!("KILL QUERY {}", sleeping.id());
        let killing = async {
            loop {
                other.query_drop(&kill).await.unwrap();
            }
        };
        let ended = tokio::select! {
            ended = sleeping.query_first::<u32, _>("SELECT SLEEP(60)") => ended,
            () = killing => None.ok_or_else(|| panic!("it has no end")),
        };
        let Err(Error::Server(error)) = ended else {
            panic!("{ended:?}");
        };
        assert_eq!(error.code, 1317);
        // Only the statement was killed.
        assert_eq!(sleeping.query_first("SELECT 1").await.unwrap(), Some(1));
        let missing = sleeping.query_drop("KILL 4000000").await.unwrap_err();
        assert!(missing.to_string().contains("1094"), "{missing}");
    });
}

#[test]
fn it_is_refused_for_the_right_reasons() {
    assert_refused_for_each_mistake(|environment| error(options(environment, 0)));
    assert_another_authority_is_refused(|environment| error(options(environment, 0)));
    assert_tls_is_demanded(|environment| error(options(environment, 0).ssl_opts(None)));
}

#[test]
fn without_its_cleartext_plugin() {
    let server = Server::start();
    let said = error(options(&server.environment(), 0).enable_cleartext_plugin(false));
    assert!(said.contains("CleartextPluginDisabled"), "{said}");
    let reason = server.next_reason();
    assert!(reason.ends_with("enable its cleartext plugin"), "{reason}");
}

/// Logins with a token that was accepted before do not count.
#[test]
fn more_connections_than_a_second_may_have() {
    let server = Server::with(Emulator::builder().connections_per_second(1));
    let environment = server.environment();
    // Each with a token of its own, like many functions that start at the same time.
    let attempts = 20;
    block_on(async {
        for seconds_ago in 0..attempts {
            match Conn::new(options(&environment, 2 * seconds_ago)).await {
                Ok(_) => {}
                Err(Error::Server(error)) => assert_eq!(error.code, 1045),
                Err(other) => panic!("{other}"),
            }
        }
    });
    let (mut let_in, mut refused) = (0, 0);
    for event in server.emulator.events() {
        match event.kind {
            EventKind::Accepted { .. } => let_in += 1,
            EventKind::Refused { code: 1045, reason } => {
                assert!(reason.contains("more new connections"), "{reason}");
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(let_in + refused, attempts);
    assert!(let_in >= 1 && refused >= 1, "{let_in} and {refused}");
}
