//! `DB_ROLE`: the server must be the writer, or a reader.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{failure, items, rows, start};

#[apply(on_each_server)]
fn a_server_of_another_role_is_an_error(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("SET GLOBAL read_only = 1");
    let function = start(&server, &[("DB_ROLE", "writer")]);
    let (kind, error) = failure(&function, &json!({}));
    assert_eq!(kind, "Network", "{error}");
    let said = error.to_string();
    assert!(said.contains("the server is not the writer"), "{said}");
    server.execute_as_admin("SET GLOBAL read_only = 0");
    assert_eq!(rows(&function, &json!({})), items());
}
