//! Sessions: their tokens, what ends them, and what does not pass from one to another.

use std::sync::mpsc::channel;
use std::time::Duration;

use rds_bridge::pool::Pool;
use rds_bridge_gateway::{CallerAuthentication, Gateway as Library};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::helpers::gateway::{EXECUTE, Gateway, read_answer, until_executes};
use crate::helpers::gateway_config::GatewayConfig;
use crate::helpers::live::to;

/// The number of an error, and the session to go on with.
pub(super) fn failure(reply: &Json) -> (u64, Json) {
    let message = reply["error"]["message"].as_str().unwrap_or_default();
    let number = message.split_once("(errno ").map(|(_, after)| after);
    let number = number.and_then(|it| it.split(')').next());
    let number = number.unwrap_or_else(|| panic!("no error: {reply}"));
    (number.parse().unwrap(), reply["session"].clone())
}

pub(super) fn succeed(gateway: &Gateway, sql: &str, session: &Json) -> Json {
    let reply = gateway.execute(sql, session);
    assert!(reply.get("error").is_none(), "{sql}: {reply}");
    reply["session"].clone()
}

/// `CR_SERVER_GONE_ERROR`
const LOST: u64 = 2006;

#[apply(on_each_server)]
fn a_lost_transaction_fails_until_it_is_rolled_back(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    let table = "gateway_lost";
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{table} (a INT)"));
    let begun = succeed(&gateway, "BEGIN", &Json::Null);
    let insert = format!("INSERT INTO {table} VALUES (1)");
    let session = succeed(&gateway, &insert, &begun);
    let id = &gateway.execute("SELECT CONNECTION_ID() AS id", &session)["result"]["rows"][0];
    let id = base64_text(id["values"].as_str().unwrap());
    server.execute_as_admin(&format!("KILL {id}"));

    // None of these may be committed by itself.
    let mut session = session;
    for _ in 0..3 {
        let (number, next) = failure(&gateway.execute(&insert, &session));
        assert!([LOST, 2013, 1927, 4031].contains(&number), "{number}");
        session = next;
    }
    let (number, session) = failure(&gateway.execute("COMMIT", &session));
    assert_eq!(number, LOST);
    let session = succeed(&gateway, "ROLLBACK", &session);
    succeed(&gateway, &insert, &session);
    let count = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(count, "1\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

fn base64_text(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::prelude::BASE64_STANDARD.decode(text).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// After a deadlock the server has rolled the transaction back, and executes what follows by itself.
#[apply(on_each_server)]
fn a_deadlock_ends_the_session(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    let table = "gateway_deadlock";
    server.execute_as_admin(&format!(
        "CREATE TABLE iamtest.{table} (id INT PRIMARY KEY, a INT); INSERT INTO iamtest.{table} VALUES (1, 0), (2, 0)"
    ));
    let update = |id| format!("UPDATE {table} SET a = a + 1 WHERE id = {id}");
    let one = succeed(&gateway, "BEGIN", &Json::Null);
    let other = succeed(&gateway, "BEGIN", &Json::Null);
    succeed(&gateway, &update(1), &one);
    succeed(&gateway, &update(2), &other);
    let body = json!({"query": update(2), "session": one}).to_string();
    let mut waiting = gateway.send(EXECUTE, &[], &body);
    until_executes(server, "UPDATE gateway_deadlock", true);
    let last = gateway.execute(&update(1), &other);
    let first = read_answer(&mut waiting).json();
    let (victim, winner) = match first.get("error") {
        Some(_) => (first, last),
        None => (last, first),
    };
    let (number, victim) = failure(&victim);
    assert_eq!(number, 1213);
    assert_eq!(failure(&gateway.execute(&update(1), &victim)).0, LOST);
    succeed(&gateway, "ROLLBACK", &victim);
    succeed(&gateway, "COMMIT", &winner["session"]);
    let sums = server.execute_as_admin(&format!("SELECT SUM(a) FROM iamtest.{table}"));
    assert_eq!(sums, "2\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

/// An error that leaves the transaction open leaves the session too.
#[apply(on_each_server)]
fn a_transaction_survives_an_error(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start_for_writes(server);
    let table = "gateway_survives";
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{table} (a INT PRIMARY KEY)"));
    let insert = format!("INSERT INTO {table} VALUES (1)");
    let session = succeed(&gateway, "BEGIN", &Json::Null);
    let session = succeed(&gateway, &insert, &session);
    let (number, session) = failure(&gateway.execute(&insert, &session));
    assert_eq!(number, 1062);
    succeed(&gateway, "COMMIT", &session);
    let count = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(count, "1\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
}

#[test]
fn a_token_that_was_not_given_is_a_lost_session() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let other = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let vitess = json!({"signature": "x", "vitessSession": {"autocommit": true}});
    for session in [json!(""), json!("AAAA"), json!(7), vitess] {
        let (number, next) = failure(&gateway.execute("SELECT 1", &session));
        assert_eq!(number, LOST, "{session}");
        // The client can go on.
        succeed(&gateway, "SELECT 1", &next);
        succeed(&gateway, "ROLLBACK", &session);
        let begun = succeed(&gateway, "BEGIN", &session);
        succeed(&gateway, "COMMIT", &begun);
    }
    // Nothing goes on without the state, or the settings, that are elsewhere.
    for kept in ["SELECT 1 INTO @a", "SET time_zone = '+05:00'"] {
        let foreign = succeed(&other, kept, &Json::Null);
        for sql in ["SELECT 1", "BEGIN", "ROLLBACK"] {
            let told = failure(&gateway.execute(sql, &foreign));
            assert_eq!(told, (LOST, json!("blank")), "{kept}: {sql}");
        }
    }
}

/// The rest of a transaction is not committed statement by statement because it reaches another instance.
#[test]
fn a_transaction_of_another_instance_fails_until_it_is_rolled_back() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let other = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let foreign = succeed(&other, "BEGIN", &Json::Null);
    for _ in 0..2 {
        let (number, next) = failure(&gateway.execute("SELECT 1", &foreign));
        assert_eq!((number, next), (LOST, foreign.clone()));
    }
    let session = succeed(&gateway, "ROLLBACK", &foreign);
    succeed(&gateway, "SELECT 1", &session);
    // Its own instance has it still.
    succeed(&other, "COMMIT", &foreign);
}

/// A session in which nothing is open is known to every instance.
#[test]
fn a_token_without_a_session_is_good_everywhere() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let other = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let session = succeed(&other, "SELECT 1", &Json::Null);
    assert_eq!(succeed(&gateway, "SELECT 1", &session), session);
    let created = "/psdb.v1alpha1.Database/CreateSession";
    assert_eq!(gateway.post(created, &[], "{}").json()["session"], session);
}

fn value(reply: &Json) -> String {
    base64_text(reply["result"]["rows"][0]["values"].as_str().unwrap())
}

/// Settings are repeated on whatever connection a request gets, and keep none.
#[apply(on_each_server)]
fn settings_keep_no_connection(product: Product) {
    let server = Server::shared(product);
    let arguments = [
        "--trust-loopback",
        "--admin",
        "127.0.0.1:0",
        "--max-connections",
        "2",
    ];
    let gateway = Gateway::start(server, &arguments);
    let mut session = Json::Null;
    for sql in [
        "SET time_zone = '+05:00'",
        "SET @a = 7",
        "SET @a = 8",
        "SET NAMES utf8mb4",
    ] {
        session = succeed(&gateway, sql, &session);
    }
    let metrics = gateway.get_admin("/metrics").body;
    assert!(
        metrics.contains("rds_bridge_gateway_open_sessions 0"),
        "{metrics}"
    );
    let state = "SELECT CONCAT(@@time_zone, ' ', COALESCE(@a, 'NULL'))";
    // Other requests use the connections meanwhile, and have none of it.
    for _ in 0..3 {
        let others = gateway.execute("SELECT COALESCE(@a, 'NULL')", &Json::Null);
        assert_eq!(value(&others), "NULL");
        let reply = gateway.execute(state, &session);
        assert_eq!(value(&reply), "+05:00 8");
        assert_eq!(reply["session"], session);
    }
    // The same settings are the same session.
    let again = succeed(&gateway, "SET @a = 8", &session);
    let again = succeed(&gateway, "SET NAMES utf8mb4", &again);
    assert_eq!(value(&gateway.execute(state, &again)), "+05:00 8");
    // A transaction has them, and leaves those that it makes.
    let begun = succeed(&gateway, "BEGIN", &session);
    assert_eq!(value(&gateway.execute(state, &begun)), "+05:00 8");
    let begun = succeed(&gateway, "SET @a = 9", &begun);
    let after = succeed(&gateway, "ROLLBACK", &begun);
    assert_eq!(value(&gateway.execute(state, &after)), "+05:00 9");
    assert_eq!(value(&gateway.execute(state, &session)), "+05:00 8");
    // One that fails changes nothing.
    let (_, session) = failure(&gateway.execute("SET time_zone = 'nowhere'", &session));
    assert_eq!(value(&gateway.execute(state, &session)), "+05:00 8");
    let metrics = gateway.get_admin("/metrics").body;
    assert!(
        metrics.contains("rds_bridge_gateway_open_sessions 0"),
        "{metrics}"
    );
}

/// What is not understood, or depends on the moment, keeps the connection.
#[apply(on_each_server)]
fn other_state_keeps_the_connection(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let session = succeed(&gateway, "SET @a = CONNECTION_ID()", &Json::Null);
    for _ in 0..3 {
        let reply = gateway.execute("SELECT @a = CONNECTION_ID()", &session);
        assert_eq!(value(&reply), "1");
    }
}

/// One connection is left for requests without a session, whatever the limits of the callers are.
#[apply(on_each_server)]
fn the_number_of_sessions_is_bounded(product: Product) {
    let server = Server::shared(product);
    let config = GatewayConfig::new("");
    config.write_text(&format!(
        "[databases.main]\nendpoint = \"{ENDPOINT}\"\nuser = \"lambda-user\"\ndatabase = \"iamtest\"\n\
         max_connections = 3\n[gateway]\ntrust_loopback = true\n[callers.loopback]\n[[callers.loopback.grants]]\n\
         database = \"main\"\nstatements = \"any\"\nmax_sessions = 9\n"
    ));
    let gateway = config.start(server);
    let one = succeed(&gateway, "BEGIN", &Json::Null);
    let _other = succeed(&gateway, "SELECT 1 INTO @a", &Json::Null);
    let (number, session) = failure(&gateway.execute("BEGIN", &Json::Null));
    assert_eq!((number, session), (1040, json!("blank")));
    let place =
        json!({"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"});
    let answer = gateway.post("/BeginTransaction", &[], &place.to_string());
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(
        answer.head.contains("serviceunavailableerror"),
        "{answer:?}"
    );
    succeed(&gateway, "SELECT 1", &Json::Null);
    succeed(&gateway, "COMMIT", &one);
    let begun = succeed(&gateway, "BEGIN", &Json::Null);
    succeed(&gateway, "COMMIT", &begun);
}

/// In the only connection of the pool.
#[apply(on_each_server)]
fn a_request_finds_nothing_of_an_earlier_one(product: Product) {
    let server = Server::shared(product);
    let arguments = [
        "--trust-loopback",
        "--allow-writes",
        "--max-connections",
        "1",
    ];
    let gateway = Gateway::start_as_admin(server, &arguments);
    let state = "SELECT @@session.sql_mode, @left";
    let rows = |sql: &str| gateway.execute(sql, &Json::Null)["result"]["rows"].clone();
    let before = rows(state);
    assert_eq!(before[0]["lengths"][1], "-1", "{before}");
    // A procedure changes what the text of its call does not show.
    server.execute_as_admin(
        "CREATE PROCEDURE iamtest.gateway_leave() SET @left = 1, @@session.sql_mode = 'ANSI'",
    );
    let called = gateway.execute("CALL gateway_leave()", &Json::Null);
    assert!(called.get("error").is_none(), "{called}");
    server.execute_as_admin("DROP PROCEDURE iamtest.gateway_leave");
    assert_eq!(rows(state), before);
}

/// The library's gateway, with a session timeout that passes in a test.
#[apply(on_each_server)]
fn an_idle_session_ends(product: Product) {
    let server = Server::shared(product);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bridge = to(server).user("admin").password(PASSWORD);
        let bridge = bridge.allow_writes(true).build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(1).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Library::builder(CallerAuthentication::TrustLoopback)
            .database("main", pool)
            .session_idle_timeout(Duration::from_secs(1))
            .start(listener)
            .unwrap();
        let address = gateway.address();
        let (sender, receiver) = channel();
        let requests = tokio::task::spawn_blocking(move || {
            let post = |sql: &str, session: &Json| {
                let body = json!({"query": sql, "session": session}).to_string();
                crate::helpers::gateway::post(address, EXECUTE, &body).json()
            };
            let begun = post("BEGIN", &Json::Null)["session"].clone();
            sender.send(()).unwrap();
            // The only connection is free again, which takes the session's end.
            let other = post("SELECT 1", &Json::Null);
            assert!(other.get("error").is_none(), "{other}");
            assert_eq!(failure(&post("SELECT 1", &begun)).0, LOST);
        });
        receiver.recv().unwrap();
        assert_eq!(gateway.metrics().open_sessions, 1);
        requests.await.unwrap();
        assert_eq!(gateway.metrics().open_sessions, 0);
        assert_eq!(gateway.drain(Duration::from_secs(5)).await, 0);
    });
}

/// The queue of a session has a bound, and a request in it a turn.
#[apply(on_each_server)]
fn requests_of_a_session_wait_in_a_bounded_queue(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    let session = succeed(&gateway, "BEGIN", &Json::Null);
    let send = |sql: &str| {
        let body = json!({"query": sql, "session": session}).to_string();
        gateway.send(EXECUTE, &[], &body)
    };
    let mut first = send("SELECT SLEEP(3) AS gateway_queue");
    until_executes(server, "gateway_queue", true);
    let mut others: Vec<_> = (0..20).map(|_| send("SELECT 1")).collect();
    let replies = others.iter_mut().map(|it| read_answer(it).json());
    let failed: Vec<_> = replies.filter(|it| it.get("error").is_some()).collect();
    assert_eq!(failed.len(), 4);
    for reply in failed {
        assert_eq!(failure(&reply), (1040, session.clone()));
    }
    assert!(read_answer(&mut first).json().get("error").is_none());
    succeed(&gateway, "COMMIT", &session);
}
