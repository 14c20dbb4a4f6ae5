//! The limits of grants of `access.toml`, and the connections for them.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{
    AD_HOC, API_KEYS, GRANT, NDJSON, WRITES, dialect_request, items, logins, rows,
};
use crate::helpers::function_access::{
    ACCESS, GRANT_OF_APP, STREAMED, planetscale, post_as, send, start_with_access,
};

#[apply(on_each_server)]
fn the_limits_of_a_grant_hold(product: Product) {
    let access = r#"
[[callers.app.grants]]
database = "iamtest"
statements = "any"
max_rows = 2
max_bytes = 2000
max_seconds = 1
"#;
    let server = Server::shared(product);
    for mode in [("INVOKE_MODE", "BUFFERED"), STREAMED] {
        let function = start_with_access(server, access, &[AD_HOC, API_KEYS, mode]);
        let few = "SELECT id FROM items WHERE id < 3";
        let many = "SELECT id FROM items";
        let long = "SELECT REPEAT('a', 3000) AS a";
        let slow = "SELECT SLEEP(300)";
        assert!(planetscale(&function, "app", few)["result"].is_object());
        for (sql, number) in [(many, 1104), (long, 1153), (slow, 3024)] {
            let error = planetscale(&function, "app", sql)["error"].take();
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains(&format!("(errno {number})")),
                "{sql}: {message}"
            );
        }
        for accept in ["application/json", NDJSON] {
            let query = |sql: &str| {
                let body = json!({ "sql": sql }).to_string();
                send(
                    &function,
                    &dialect_request("/v1/query", &[("accept", accept)], &body),
                )
            };
            assert_eq!(query(few).status, 200);
            for sql in [many, long] {
                let response = query(sql);
                let text = response.text();
                assert!(
                    response.status == 422 || text.contains("ResultTooLarge"),
                    "{sql}: {text}"
                );
            }
            assert!(query(slow).text().contains("3024"));
        }
    }
}

/// Although the function may write.
#[apply(on_each_server)]
fn a_read_only_grant_is_read_only(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(GRANT);
    let access =
        |access: &str| format!("{GRANT_OF_APP}statements = [\"rename\"]\naccess = \"{access}\"\n");
    let queries = r#"{"rename": "UPDATE items SET name = ? WHERE id = 1"}"#;
    let changes = [WRITES, API_KEYS, ("DB_QUERIES", queries)];
    let rename = json!({"query": "rename", "parameters": ["pear"]});
    let reading = start_with_access(&server, &access("read-only"), &changes);
    let response = post_as(&reading, "app", "/v1/query", &rename);
    assert_eq!(
        response.json()["error"]["code"],
        1792,
        "{}",
        response.text()
    );
    let writing = start_with_access(&server, &access("read-write"), &changes);
    let response = post_as(&writing, "app", "/v1/query", &rename);
    assert_eq!(response.json()["affectedRows"], 1, "{}", response.text());
    let refused = start_with_access(
        &server,
        &access("read-write"),
        &[API_KEYS, ("DB_QUERIES", queries)],
    );
    let error = refused.wait_for_start().init_error();
    assert!(
        error
            .message
            .contains("line 4, column 1: callers.app.grants[0].access: set ALLOW_WRITES=true"),
        "{error:?}"
    );
}

/// Those of the grants and that of the function's own form.
#[apply(on_each_server)]
fn all_pools_together_have_the_connections_of_one(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(GRANT);
    let open = || {
        server.execute_as_admin(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user IN ('lambda-user', 'shop')",
        )
    };
    let named = json!({"query": "by_id", "parameters": [2]});
    let same = start_with_access(&server, ACCESS, &[API_KEYS]);
    for _ in 0..2 {
        assert_eq!(post_as(&same, "app", "/v1/query", &named).status, 200);
        assert_eq!(rows(&same, &json!({})), items());
    }
    assert_eq!(logins(&server), 1);
    drop(same);
    // The grant is read-only, and the function's own form is not.
    let other = start_with_access(&server, ACCESS, &[API_KEYS, WRITES]);
    for _ in 0..2 {
        assert_eq!(post_as(&other, "app", "/v1/query", &named).status, 200);
        assert_eq!(rows(&other, &json!({})), items());
        assert_eq!(open(), "1\n");
    }
    drop(other);
    // The grant is for another database user.
    server.execute_as_admin(
        "CREATE USER 'shop'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;
         GRANT SELECT ON iamtest.* TO 'shop'@'%'",
    );
    let access = format!("{GRANT_OF_APP}statements = [\"user\"]\nuser = \"shop\"\n");
    let queries = ("DB_QUERIES", r#"{"user": "SELECT CURRENT_USER() AS user"}"#);
    let of_user = start_with_access(&server, &access, &[API_KEYS, queries]);
    for _ in 0..2 {
        let response = post_as(&of_user, "app", "/v1/query", &json!({"query": "user"}));
        assert_eq!(response.json(), json!([{"user": "shop@%"}]));
        assert_eq!(rows(&of_user, &json!({})), items());
        assert_eq!(open(), "1\n");
    }
}
