//! What a caller's query leaves in a session: nothing that another caller finds.

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::configured_callers::{Callers, execute};
use crate::helpers::gateway::{EXECUTE, Gateway};

/// A variable that a stored function sets, behind a view: the text of a query does not show it.
const HIDDEN: &str = "SET GLOBAL log_bin_trust_function_creators = 1;
    CREATE FUNCTION iamtest.marks() RETURNS INT NO SQL RETURN (@hidden := 7);
    CREATE FUNCTION iamtest.hidden() RETURNS INT NO SQL RETURN @hidden;
    CREATE VIEW iamtest.marking AS SELECT iamtest.marks() AS v;
    CREATE VIEW iamtest.has_it AS SELECT iamtest.hidden() AS v;
    GRANT EXECUTE ON iamtest.* TO 'lambda-user'@'%';";

fn gateway(server: &Server) -> (Callers, Gateway) {
    server.execute_as_admin(HIDDEN);
    let settings = format!(
        "[databases.small]\nendpoint = \"{ENDPOINT}\"\nuser = \"lambda-user\"\nmax_connections = 1\n"
    );
    let grant = "database = \"small\"\nstatements = \"any\"";
    let callers = Callers::new(&settings, &[("one", &[grant]), ("two", &[grant])]);
    let gateway = callers.config.start(server);
    (callers, gateway)
}

fn value(gateway: &Gateway, caller: &str, sql: &str) -> Json {
    let answer = execute(gateway, caller, "/v1/query", "small", sql);
    assert_eq!(answer.status, 200, "{sql}");
    answer.json()[0]["v"].clone()
}

#[apply(on_each_server)]
fn another_caller_finds_nothing(product: Product) {
    let server = Server::start(product, &Options::default());
    let (_callers, gateway) = gateway(&server);
    let (marks, has) = ("SELECT v FROM marking", "SELECT v FROM has_it");
    let id = "SELECT id AS v FROM information_schema.processlist WHERE info LIKE 'SELECT id AS v%'";
    let first = value(&gateway, "one", id);
    // The connection and its session are kept for the same caller. If this fails, the rest shows nothing.
    assert_eq!(value(&gateway, "one", marks), 7);
    assert_eq!(value(&gateway, "one", has), 7);
    for _ in 0..2 {
        assert_eq!(value(&gateway, "two", has), Json::Null);
        assert_eq!(value(&gateway, "one", has), Json::Null);
        // In the same connection.
        assert_eq!(value(&gateway, "two", id), first);
        assert_eq!(value(&gateway, "two", marks), 7);
    }
    assert_eq!(value(&gateway, "one", has), Json::Null);
}

/// A function that is in the text, and everything else that is no such query, has the session reset.
#[apply(on_each_server)]
fn the_next_request_finds_nothing_that_the_text_shows(product: Product) {
    let server = Server::start(product, &Options::default());
    let (_callers, gateway) = gateway(&server);
    let has = "SELECT v FROM has_it";
    for sql in [
        "SELECT marks() AS v",
        "SELECT marks () AS v",
        "WITH w AS (SELECT v FROM marking) SELECT v FROM w",
        "SELECT v, 'a\\'' FROM marking",
    ] {
        for path in ["/v1/query", "/Execute", EXECUTE] {
            let answer = execute(&gateway, "one", path, "small", sql);
            assert_eq!(answer.status, 200, "{path} {sql}: {}", json!(answer.json()));
            assert_eq!(value(&gateway, "one", has), Json::Null, "{path} {sql}");
        }
    }
}
