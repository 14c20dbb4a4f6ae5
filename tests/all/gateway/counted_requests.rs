//! What the metrics say of requests: each is counted once, by the way in which it ended.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::SystemTime;

use rds_bridge_test_support::server::{Product, Server};
use serde_json::{Value as Json, json};

use super::configured_callers::{Callers, DIALECTS, basic, execute, post_signed};
use super::v1::{NDJSON, QUERY, post};
use crate::helpers::command::endless;
use crate::helpers::gateway::{Gateway, until_executes};
use crate::helpers::waiting::until;

const ADMIN: &[&str] = &["--trust-loopback", "--admin", "127.0.0.1:0"];

/// The endings that are not 0.
fn endings(gateway: &Gateway) -> BTreeMap<String, u64> {
    let metrics = gateway.get_admin("/metrics").body;
    let prefix = "rds_bridge_gateway_endings_total{ending=\"";
    let lines = metrics.lines().filter_map(|it| it.strip_prefix(prefix));
    let endings = lines.map(|line| {
        let (ending, number) = line.split_once("\"} ").unwrap();
        (ending.to_owned(), number.parse().unwrap())
    });
    endings.filter(|(_, number)| *number > 0).collect()
}

fn expected(endings: &[(&str, u64)]) -> BTreeMap<String, u64> {
    let endings = endings
        .iter()
        .map(|(it, number)| ((*it).to_owned(), *number));
    endings.collect()
}

#[track_caller]
fn until_counted(gateway: &Gateway, expected: &BTreeMap<String, u64>) {
    until(|| {
        let counted = endings(gateway);
        match counted == *expected {
            true => Ok(()),
            false => Err(format!("{counted:?}")),
        }
    });
}

#[test]
fn each_request_is_counted_by_its_ending() {
    let any = "database = \"main\"\nstatements = \"any\"";
    let slow = format!("{any}\nmax_sessions = 0\nrequests_per_second = 1");
    let settings = "[gateway]\nadmin = \"127.0.0.1:0\"\n\
                    [statements.one]\nsql = \"SELECT ? AS one_of_many\"\n";
    let callers = Callers::new(
        settings,
        &[
            ("app", &[any]),
            ("slow", &[&slow]),
            ("named", &["database = \"main\"\nstatements = [\"one\"]"]),
        ],
    );
    let gateway = callers.config.start(Server::shared(Product::MySql));
    for path in DIALECTS {
        let send = |caller, sql| execute(&gateway, caller, path, "main", sql).status;
        assert_eq!(send("app", "SELECT 1"), 200);
        send("app", "SELECT wrong");
        send("named", "SELECT 1");
        send("unknown", "SELECT 1");
        match path {
            "/Execute" => post_signed(&gateway, "app", "{", SystemTime::now()),
            _ => gateway.post(path, &[("Authorization", &basic("app"))], "{"),
        };
        gateway.post(path, &[("Host", "evil.example")], "{}");
    }
    let counted = [
        ("answered", 3),
        ("denied", 3),
        ("failed", 3),
        ("refused", 6),
        ("unauthenticated", 3),
    ];
    assert_eq!(endings(&gateway), expected(&counted));
    let statuses: Vec<u16> = (0..6)
        .map(|_| execute(&gateway, "slow", QUERY, "main", "SELECT 1").status)
        .collect();
    let limited = statuses.iter().filter(|it| **it == 429).count();
    let limited = u64::try_from(limited).unwrap();
    let after = endings(&gateway);
    assert_eq!(after["limited"], limited, "{after:?}");
    assert_eq!(after["answered"], 3 + 6 - limited, "{after:?}");
    let metrics = gateway.get_admin("/metrics").body;
    for line in [
        "rds_bridge_gateway_unauthenticated_total 3".to_owned(),
        "rds_bridge_gateway_failed_total 3".to_owned(),
        format!("rds_bridge_gateway_limited_total {limited}"),
        // Those that were refused before the caller was known have none.
        "rds_bridge_gateway_requests_total{caller=\"app\"} 9".to_owned(),
        "rds_bridge_gateway_requests_total{caller=\"named\"} 3".to_owned(),
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
}

#[test]
fn a_request_whose_client_disconnects_is_counted() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(server, ADMIN);
    let mut number = 0;
    for path in DIALECTS {
        let words = format!("counted_sleep_{number}");
        let sql = format!("SELECT SLEEP(600) AS {words}");
        let body = json!({"sql": sql, "query": sql, "resourceArn": "any"});
        let body = match path {
            QUERY => json!({"sql": sql}),
            _ => body,
        };
        let open = gateway.send(path, &[], &body.to_string());
        until_executes(server, &words, true);
        drop(open);
        number += 1;
        until_counted(&gateway, &expected(&[("cancelled", number)]));
    }
    let metrics = gateway.get_admin("/metrics").body;
    for line in [
        "rds_bridge_gateway_open_requests 0",
        "rds_bridge_gateway_requests_total{caller=\"loopback\"} 3",
        "rds_bridge_gateway_failures_total{cause=\"Cancelled\"} 3",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
}

/// A stream has begun with the status 200. How it ends is known at its end.
#[test]
fn a_stream_is_counted_at_its_end() {
    let server = Server::shared(Product::MySql);
    let timeout = ["--statement-timeout", "2"];
    let gateway = Gateway::start(server, &[ADMIN, &timeout].concat());
    let rows = "SELECT name FROM items";
    let reply = post(&gateway, QUERY, NDJSON, &json!({"sql": rows}));
    assert!(reply.is_complete);
    until_counted(&gateway, &expected(&[("answered", 1)]));

    let reply = post(&gateway, QUERY, NDJSON, &json!({"sql": endless()}));
    assert_eq!((reply.status, reply.is_complete), (200, false));
    until_counted(&gateway, &expected(&[("answered", 1), ("failed", 1)]));

    let body = json!({"sql": endless()}).to_string();
    let mut open = gateway.send(QUERY, &[("Accept", NDJSON)], &body);
    let mut first = [0; 1024];
    open.read_exact(&mut first).unwrap();
    drop(open);
    let counted = [("answered", 1), ("cancelled", 1), ("failed", 1)];
    until_counted(&gateway, &expected(&counted));
    let status: Json = gateway.get_admin("/status.json").json();
    let statements = status["statements"].as_array().unwrap();
    let failed: u64 = statements
        .iter()
        .map(|it| it["failed"].as_u64().unwrap())
        .sum();
    assert_eq!(failed, 2, "{status}");
}
