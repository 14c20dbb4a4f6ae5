//! SIGHUP: callers, grants and statements change without losing a request.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::gateway_config::GatewayConfig;
use crate::helpers::waiting::until;

fn with_statement(sql: &str) -> String {
    format!(
        "[gateway]\ntrust_loopback = true\n[statements.number]\nsql = \"{sql}\"\n[callers.loopback]\n\
         [[callers.loopback.grants]]\ndatabase = \"main\"\nstatements = [\"number\"]\n"
    )
}

#[apply(on_each_server)]
fn statements_and_grants_change_under_load(product: Product) {
    let config = GatewayConfig::new(&with_statement("SELECT 0 AS n"));
    let gateway = config.start(Server::shared(product));
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut last = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let answer = gateway.post("/v1/query", &[], r#"{"query": "number"}"#);
                    assert_eq!(answer.status, 200, "{answer:?}");
                    let number = answer.json()[0]["n"].as_u64().unwrap();
                    assert!(number >= last, "{number} after {last}");
                    last = number;
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=10 {
            let told = config.reload(&gateway, &with_statement(&format!("SELECT {number} AS n")));
            assert!(told.contains("reloaded the configuration"), "{told}");
            let before = answered.load(Ordering::Relaxed);
            until(|| match answered.load(Ordering::Relaxed) > before {
                true => Ok(()),
                false => Err("no request was answered".to_owned()),
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let answer = gateway.post("/v1/query", &[], r#"{"query": "number"}"#);
    assert_eq!(answer.json(), json!([{"n": 10}]));
}

#[test]
fn an_invalid_file_changes_nothing() {
    let config = GatewayConfig::new(&with_statement("SELECT 1 AS n"));
    let gateway = config.start(Server::shared(Product::MySql));
    for (more, problem) in [
        ("[gatewai]\n", "unknown field `gatewai`"),
        (
            "[gateway]\ntrust_loopback = true\nmax_body_bytes = 7\n",
            "a reload can change only callers, grants, statements and the contents of certificate files",
        ),
    ] {
        let told = config.reload(&gateway, more);
        assert!(told.contains("cannot reload the configuration"), "{told}");
        assert!(told.contains(problem), "{told}");
        let answer = gateway.post("/v1/query", &[], r#"{"query": "number"}"#);
        assert_eq!(answer.json(), json!([{"n": 1}]));
    }
}

#[test]
fn a_session_ends_with_its_grant() {
    let of = |access: &str, database: &str| {
        format!(
            "[gateway]\ntrust_loopback = true\n[callers.loopback]\n[[callers.loopback.grants]]\n\
             database = \"{database}\"\nstatements = \"any\"\naccess = \"{access}\"\n"
        )
    };
    let config = GatewayConfig::new(&of("read-only", "main"));
    let gateway = config.start(Server::shared(Product::MySql));
    let begun = gateway.execute("BEGIN", &Json::Null);
    config.reload(&gateway, &of("read-only", "main"));
    let read = gateway.execute("SELECT 1", &begun["session"]);
    assert!(read.get("error").is_none(), "{read}");
    config.reload(&gateway, &of("read-write", "main"));
    let refused = gateway.execute("SELECT 1", &read["session"]);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("the caller's grant has changed"),
        "{message}"
    );
    // The session is lost until the client rolls back, as after every other end of a transaction.
    let rolled_back = gateway.execute("ROLLBACK", &refused["session"]);
    assert!(rolled_back.get("error").is_none(), "{rolled_back}");
    let begun = gateway.execute("BEGIN", &Json::Null);
    config.reload(&gateway, &of("read-write", "other"));
    let refused = gateway.execute("SELECT 1", &begun["session"]);
    assert!(refused["error"].is_object(), "{refused}");
}
