//! Many invocations at once, as Lambda gives them to a process that says that it takes several.

use rds_bridge_test_support::fake_lambda_runtime::LONGEST_TIMEOUT;
use rds_bridge_test_support::maria_db::{MariaDb, Options};
use serde_json::json;

use super::{logins, start};

const INVOCATIONS: usize = 200;
const MANY: [(&str, &str); 2] = [
    ("AWS_LAMBDA_MAX_CONCURRENCY", "200"),
    ("DB_POOL_SIZE", "16"),
];

#[test]
fn two_hundred_over_sixteen_connections() {
    let server = MariaDb::start(&Options::default());
    let function = start(&server, &[MANY[0], MANY[1]]);
    let invocations: Vec<_> = (0..INVOCATIONS)
        .map(|number| {
            let event = json!({"query": "typed", "parameters": [number, null, null, null]});
            function.start_invocation(event.to_string(), LONGEST_TIMEOUT)
        })
        .collect();
    for (number, invocation) in invocations.into_iter().enumerate() {
        // Each gets its own rows.
        assert_eq!(invocation.wait().response().json()[0]["i"], number);
    }
    assert!(
        (2..=16).contains(&logins(&server)),
        "{}",
        server.error_log()
    );
}
