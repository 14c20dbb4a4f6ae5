//! The number of rows that the log has of answers in the dialects of the gateway.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{
    AD_HOC, API_KEYS, NDJSON, dialect_request, invocation_lines, start,
};
use crate::helpers::function_access::{STREAMED, planetscale, post_as, send};

#[apply(on_each_server)]
fn the_rows_of_each_dialect_are_counted(product: Product) {
    for mode in [("INVOKE_MODE", "BUFFERED"), STREAMED] {
        let function = start(Server::shared(product), &[AD_HOC, API_KEYS, mode]);
        let all = "SELECT * FROM items";
        let many = format!("SELECT REPEAT('a', 1000) FROM {}", product.sequence(1000));
        let statement = json!({ "sql": all });
        planetscale(&function, "app", all);
        post_as(&function, "app", "/v1/query", &statement);
        let batch = json!({ "statements": [statement, statement] });
        post_as(&function, "app", "/v1/batch", &batch);
        let streamed = json!({ "sql": many }).to_string();
        let response = send(
            &function,
            &dialect_request("/v1/query", &[("accept", NDJSON)], &streamed),
        );
        assert_eq!(response.text().lines().count(), 1000);
        planetscale(&function, "app", "SELECT");
        let lines = invocation_lines(&function, 5);
        let counted: Vec<&Json> = lines.iter().map(|line| &line["rows"]).collect();
        assert_eq!(counted, [3, 3, 6, 1000, 0]);
        assert_eq!(lines[3]["Rows"], 1000);
    }
}
