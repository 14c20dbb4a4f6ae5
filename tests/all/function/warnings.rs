//! Warnings of the server: their number is in the response of a statement without a result, and in every log line.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{AD_HOC, WRITES, invocation_lines, rows, start};

#[apply(on_each_server)]
fn are_counted(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let function = start(&server, &[AD_HOC, WRITES]);
    let cut = "INSERT IGNORE INTO items (id, name, price) VALUES ('9x', 'x', 'y')";
    for (sql, warnings) in [
        ("SELECT 1 + '2 foo' + '3 bar' AS sum", 2),
        ("SELECT 1 AS one", 0),
        (cut, 2),
        ("UPDATE items SET name = 'y' WHERE id = 9", 0),
    ] {
        let answer = rows(&function, &json!({"sql": sql}));
        if answer.is_object() {
            assert_eq!(answer["warnings"], warnings, "{answer}");
        }
    }
    let lines = invocation_lines(&function, 4);
    let counted: Vec<_> = lines.iter().map(|line| line["warnings"].as_u64()).collect();
    assert_eq!(counted, [Some(2), Some(0), Some(2), Some(0)]);
}
