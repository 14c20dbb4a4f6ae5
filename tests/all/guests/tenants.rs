//! Nothing that one tenant leaves in a session reaches the next.

use rds_bridge_guests::{Access, Databases, Grant, Statements};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::guest::{Guest, Value, pool, tenant};
use crate::helpers::live::block_on;
use crate::helpers::session_state::{LEFT, Left};

/// State that the text of the statement does not show, or that a pool without guests keeps.
const UNSEEN: [Left; 5] = [
    ("SELECT iamtest.leaves()", "SELECT @left IS NULL", 1),
    (
        "INSERT INTO counted VALUES (NULL)",
        "SELECT LAST_INSERT_ID()",
        0,
    ),
    ("SET autocommit = 0", "SELECT @@autocommit", 1),
    (
        "LOCK TABLES counted WRITE",
        "SELECT COUNT(*) > 0 FROM items",
        1,
    ),
    ("BEGIN", "SELECT COUNT(*) > 0 FROM items", 1),
];

#[apply(on_each_server)]
fn the_next_tenant_finds_a_new_session(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(
        "SET GLOBAL log_bin_trust_function_creators = 1;
         CREATE FUNCTION iamtest.leaves() RETURNS INT NO SQL RETURN (@left := 7);
         CREATE TABLE iamtest.counted (id INT AUTO_INCREMENT PRIMARY KEY)",
    );
    block_on(async {
        let pool = pool(&server, true, |it| it.max_size(1)).await;
        let databases = Databases::new().with("orders", pool);
        let mut grant = Grant::new("orders", Statements::Any);
        grant.access = Access::ReadWrite;
        let (first, _) = tenant(&databases, grant.clone());
        let (second, _) = tenant(&databases, grant);
        let mut ids = Vec::new();
        for (statement, question, answer) in LEFT.into_iter().chain(UNSEEN) {
            let mut guest = Guest::new(&first).await;
            let connection = guest.open("orders").await.unwrap();
            guest.execute(connection, statement).await.unwrap();
            drop(guest);
            let mut guest = Guest::new(&second).await;
            let connection = guest.open("orders").await.unwrap();
            let found = guest.one(connection, question).await;
            let found = match found {
                Value::Unsigned(it) => Value::Int(it.try_into().unwrap()),
                found => found,
            };
            assert_eq!(found, Value::Int(answer), "{statement}");
            ids.push(guest.one(connection, "SELECT CONNECTION_ID()").await);
        }
        // The test would prove nothing with a new connection each time.
        ids.dedup();
        assert!(ids.len() < 4, "{ids:?}");
    });
}
