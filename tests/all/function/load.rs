//! Many concurrent invocations, as Lambda sends them to a process that accepts several.

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::fake_lambda_runtime::LONGEST_TIMEOUT;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{invocation_lines, logins, start};

const INVOCATIONS: usize = 200;
const MANY: [(&str, &str); 2] = [
    ("AWS_LAMBDA_MAX_CONCURRENCY", "200"),
    ("DB_POOL_SIZE", "16"),
];

#[apply(on_each_server)]
fn two_hundred_over_sixteen_connections(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &MANY);
    invoke_all(
        &function,
        |number| json!({"query": "typed", "parameters": [number, null, null, null]}),
    );
    assert!(
        (2..=16).contains(&logins(&server)),
        "{}",
        server.error_log()
    );
}

/// The statement takes some time, so that all connections are needed at once.
#[apply(on_each_server)]
fn two_hundred_at_a_server_that_refuses_above_its_rate(product: Product) {
    let server = Server::start(
        product,
        &Options {
            expectation: Expectation {
                connections_per_second: Some(5),
                ..Expectation::default()
            },
            ..Options::default()
        },
    );
    let slow =
        r#"{"slow": {"sql": "SELECT ? AS i, SLEEP(0.1) AS slept", "parameters": ["integer"]}}"#;
    let function = start(&server, &[MANY[0], MANY[1], ("DB_QUERIES", slow)]);
    invoke_all(
        &function,
        |number| json!({"query": "slow", "parameters": [number]}),
    );
    let log = server.error_log();
    assert!(log.contains("too many new connections"), "{log}");
    assert!((2..=16).contains(&logins(&server)), "{log}");
    let lines = invocation_lines(&function, INVOCATIONS);
    let refused = lines.iter().filter_map(|line| line["Refused"].as_u64());
    assert!(refused.sum::<u64>() > 0, "{lines:?}");
}

/// Starts all invocations at once, and asserts that each returns its own rows.
#[track_caller]
fn invoke_all(function: &LambdaFunction, event: impl Fn(usize) -> Json) {
    let invocations: Vec<_> = (0..INVOCATIONS)
        .map(|number| function.start_invocation(event(number).to_string(), LONGEST_TIMEOUT))
        .collect();
    for (number, invocation) in invocations.into_iter().enumerate() {
        assert_eq!(invocation.wait().response().json()[0]["i"], number);
    }
}
