//! The state that a caller's SQL leaves in the session, and a server that was demoted.

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{AD_HOC, WRITES, connection_id, failure, rows, start};

#[apply(on_each_server)]
fn the_next_caller_finds_nothing_of_it(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[AD_HOC]);
    let first = connection_id(&function);
    for (sql, found, as_before) in [
        (
            "SELECT GET_LOCK('x', 0) AS l",
            "SELECT IS_USED_LOCK('x') AS found",
            json!(null),
        ),
        (
            "SELECT LAST_INSERT_ID(4711) AS i",
            "SELECT LAST_INSERT_ID() AS found",
            json!(0),
        ),
        (
            "SELECT /*! @a := */ 7 AS a",
            "SELECT @a AS found",
            json!(null),
        ),
        (
            "USE information_schema",
            "SELECT DATABASE() AS found",
            json!("iamtest"),
        ),
    ] {
        let _whatever = function.invoke(json!({"sql": sql}).to_string());
        let left = rows(&function, &json!({"sql": found}));
        assert_eq!(left[0]["found"], as_before, "{sql}");
    }
    // The connection is reset and not replaced.
    assert_eq!(connection_id(&function), first);
    assert_eq!(
        failure(&function, &json!({"sql": "DELETE FROM items"})).0,
        "Statement"
    );
}

#[apply(on_each_server)]
fn a_server_that_is_the_writer_no_more(product: Product) {
    let server = Server::start(product, &Options::default());
    server.expect(&Expectation::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let function = start(&server, &[AD_HOC, WRITES]);
    let insert = json!({"sql": "INSERT INTO items (name) VALUES ('dates')"});
    let first = connection_id(&function);
    server.execute_as_admin("SET GLOBAL read_only = 1");
    let (_, refused) = failure(&function, &insert);
    assert!(refused.to_string().contains("1290"), "{refused}");
    let second = connection_id(&function);
    assert_ne!(second, first);
    server.execute_as_admin("SET GLOBAL read_only = 0");
    assert_eq!(rows(&function, &insert)["affectedRows"], 1);
    assert_eq!(connection_id(&function), second);
}
