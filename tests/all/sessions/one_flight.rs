//! A query that is prepared and executed takes one round trip, like one in the text protocol. Whatever else is prepared
//! on the connection, each query gets its own rows.

use rds_bridge::mysql::{Connection, Param, Protocol};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::turn_counter::TurnCounter;
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{run, stderr, stdout};
use crate::helpers::counted_rows::{of_rows, rows};
use crate::helpers::live::{block_on, borrowed, environment, to};

/// A connection whose session is set up, and a counter of its round trips.
async fn connect(product: Product) -> (Connection, TurnCounter) {
    let server = Server::shared(product);
    let counter = TurnCounter::start(server.address());
    let builder = to(server).connect_to(counter.address().to_string());
    let builder = builder.user("password-user").password(PASSWORD);
    let mut connection = builder.build().await.unwrap().connect().await.unwrap();
    connection.ping().await.unwrap();
    (connection, counter)
}

/// How many round trips a query takes, and how many rows it has.
async fn trips(connection: &mut Connection, counter: &TurnCounter, sql: &str) -> (usize, u64) {
    let before = counter.turns();
    let rows = rows(connection, sql).await;
    (counter.turns() - before, rows)
}

async fn number(connection: &mut Connection, sql: &str) -> i64 {
    let mut rows = connection.query(sql).await.unwrap();
    let row = rows.next().await.unwrap().unwrap();
    row.get(0).unwrap()
}

#[apply(on_each_server)]
fn a_query_takes_one_round_trip(product: Product) {
    block_on(async {
        let (mut connection, counter) = connect(product).await;
        for (sql, number) in [
            ("SELECT * FROM items", 3),
            ("SELECT * FROM items", 3),
            ("WITH i AS (SELECT id FROM items) SELECT * FROM i", 3),
            (&of_rows(2_000), 2_000),
            ("SELECT '?'", 1),
            ("SELECT @@version", 1),
            ("SHOW TABLES LIKE 'items'", 1),
        ] {
            let seen = trips(&mut connection, &counter, sql).await;
            assert_eq!(seen, (1, number), "{sql}");
        }
    });
}

/// If the execution waits for the reply to the preparation, a query takes two round trips.
#[apply(on_each_server)]
fn what_is_not_executed_unseen_takes_two(product: Product) {
    block_on(async {
        let (mut connection, counter) = connect(product).await;
        connection.set_protocol(Protocol::Binary);
        for trips_expected in [2, 1] {
            let seen = trips(&mut connection, &counter, "SELECT '?'").await;
            assert_eq!(seen, (trips_expected, 1));
        }
    });
}

/// How often the command is run to count its turns.
const RUNS: usize = 20;

/// The turns of the whole command, from the first byte to the last.
#[apply(on_each_server)]
fn the_command_takes_no_more_than_with_text(product: Product) {
    let server = Server::shared(product);
    let trips = |protocol: &str, sql: &str| {
        let counter = TurnCounter::start(server.address());
        let mut variables = environment(server);
        variables.push(("DB_CONNECT_TO", counter.address().to_string()));
        let arguments = ["query", sql, "--format", "csv", "--protocol", protocol];
        let output = run(&arguments, &borrowed(&variables), "");
        assert!(output.status.success(), "{}", stderr(&output));
        (counter.turns(), stdout(&output).to_owned())
    };
    // Messages that cross, such as a session ticket and the first command, count as an additional turn, in most runs or
    // in few. An additional round trip would count in every run.
    for sql in ["SELECT * FROM items", &of_rows(2_000)] {
        let (mut with_auto, mut with_text) = (0, 0);
        for _ in 0..RUNS {
            let (of_auto, rows) = trips("auto", sql);
            let (of_text, rows_of_text) = trips("text", sql);
            assert_eq!(rows, rows_of_text);
            with_auto += of_auto;
            with_text += of_text;
        }
        assert!(
            2 * with_auto < 2 * with_text + RUNS,
            "{with_auto} and {with_text} turns in {RUNS} runs: {sql}"
        );
    }
}

/// Statements that use up a statement id on the server, or after which the client stops predicting the ids.
#[apply(on_each_server)]
fn each_query_gets_its_own_rows(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let builder = to(server).user("admin").password(PASSWORD);
        let bridge = builder.allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let procedure = "CREATE OR REPLACE PROCEDURE one_flight() \
                         BEGIN PREPARE q FROM 'SELECT -2'; EXECUTE q; END";
        let create = match product {
            Product::MySql => procedure.replace("OR REPLACE ", ""),
            Product::MariaDb => procedure.to_owned(),
        };
        connection.execute(&create, ()).await.unwrap();
        let mut expected = 0;
        for (statement, is_refused) in [
            ("SELECT 1 FROM items", false),
            ("SELEC", true),
            ("SELECT nothing FROM items", true),
            ("PREPARE p FROM 'SELECT -1'", false),
            ("EXECUTE p", false),
            ("CALL one_flight()", false),
            ("DEALLOCATE PREPARE p", false),
            ("SET @a = 1", false),
            ("USE iamtest", false),
            ("DROP PROCEDURE one_flight", false),
        ] {
            for protocol in [Protocol::Auto, Protocol::Binary] {
                connection.set_protocol(protocol);
                let done = connection.execute(statement, ()).await;
                // The second DROP fails, because the first has dropped the procedure.
                if protocol == Protocol::Auto {
                    assert_eq!(done.is_err(), is_refused, "{statement}: {done:?}");
                }
                for _ in 0..3 {
                    expected += 1;
                    let sql = format!("SELECT {expected}");
                    assert_eq!(number(&mut connection, &sql).await, expected, "{statement}");
                }
                expected += 1;
                let sql = format!("SELECT {expected} + ?");
                let params = [Param::from(0)];
                let mut rows = connection.query_with(&sql, &params).await.unwrap();
                let row = rows.next().await.unwrap().unwrap();
                assert_eq!(row.get(0), Ok(expected), "{statement}");
            }
        }
        connection.reset().await.unwrap();
        connection.set_protocol(Protocol::Auto);
        assert_eq!(number(&mut connection, "SELECT -3").await, -3);
    });
}

/// MySQL continues the statement ids after a reset, so a pooled connection's query still takes one round trip.
#[apply(on_each_server)]
fn after_a_reset_it_still_takes_one(product: Product) {
    block_on(async {
        let (mut connection, counter) = connect(product).await;
        rows(&mut connection, "SELECT * FROM items").await;
        connection.reset().await.unwrap();
        let seen = trips(&mut connection, &counter, "SELECT id FROM items").await;
        assert_eq!(seen, (1, 3));
    });
}

/// MySQL refuses to prepare a query of the warning counts, and a refusal itself counts as an error.
#[apply(on_each_server)]
fn warnings_are_counted_as_they_were(product: Product) {
    block_on(async {
        let (mut connection, _counter) = connect(product).await;
        rows(&mut connection, "SELECT 1 + '2 foo'").await;
        let sql = "SELECT @@error_count, @@warning_count";
        let mut counts = connection.query(sql).await.unwrap();
        let row = counts.next().await.unwrap().unwrap();
        assert_eq!((row.get(0), row.get(1)), (Ok(0), Ok(1)));
    });
}

/// With a certificate for another name, the peer may be a proxy.
#[test]
fn where_a_proxy_may_be_mysql_is_sent_text() {
    block_on(async {
        let server = Server::shared(Product::MySql);
        let counter = TurnCounter::start(server.address());
        let builder = to(server)
            .connect_to(counter.address().to_string())
            .tls_server_name(ENDPOINT)
            .user("password-user")
            .password(PASSWORD);
        let mut connection = builder.build().await.unwrap().connect().await.unwrap();
        assert_eq!(
            trips(&mut connection, &counter, "SELECT 1").await.0,
            1,
            "text"
        );
        connection.set_protocol(Protocol::Binary);
        assert_eq!(trips(&mut connection, &counter, "SELECT 2").await.0, 2);
    });
}
