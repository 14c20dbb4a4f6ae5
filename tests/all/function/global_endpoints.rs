//! The writer endpoint of an Aurora global database, whose name does not contain its region.

use rds_bridge_test_support::server::{Product, Server};

use serde_json::json;

use crate::helpers::function::{failure, items, rows, start};

const GLOBAL: &str = "mydb.global-abc123.global.rds.amazonaws.com";

#[test]
fn need_a_setting() {
    let server = Server::shared(Product::MariaDb);
    let function = start(server, &[("DB_HOST", GLOBAL), ("AWS_REGION", "us-east-1")]);
    let error = function.wait_for_start().init_error();
    assert_eq!(error.error_type, "RdsBridge.Settings");
    let hint = error.json()["hint"].to_string();
    assert!(
        hint.contains("DB_RESOLVE_CNAME") && hint.contains("DB_REGION"),
        "{hint}"
    );
    // With a region the function starts. The certificate of the tests' server is for another name.
    let function = start(server, &[("DB_HOST", GLOBAL), ("DB_REGION", "us-east-1")]);
    let _at = function.wait_for_start().ready_at();
    assert_eq!(failure(&function, &json!({})).0, "Tls");
}

/// `DB_REGION` takes precedence over the region in the endpoint's name.
#[test]
fn the_endpoints_own_region_may_be_overruled() {
    let function = start(
        Server::shared(Product::MariaDb),
        &[("DB_REGION", "eu-north-1")],
    );
    assert_eq!(failure(&function, &json!({})).0, "Login");
    let function = start(
        Server::shared(Product::MariaDb),
        &[("DB_RESOLVE_CNAME", "false")],
    );
    assert_eq!(rows(&function, &json!({})), items());
}
