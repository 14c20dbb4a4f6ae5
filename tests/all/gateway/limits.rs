//! The limits of a caller: requests in a second, at the same time, and open sessions.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::gateway::{Answer, EXECUTE, Gateway, read_answer, until_executes};
use crate::helpers::gateway_config::GatewayConfig;

const ARN: &str = "arn:aws:rds:any";

/// A gateway whose only caller has a grant with these limits.
fn limited(server: &Server, limits: &str) -> (Gateway, GatewayConfig) {
    let config = GatewayConfig::new(&text(limits));
    (config.start(server), config)
}

fn text(limits: &str) -> String {
    format!(
        "[gateway]\ntrust_loopback = true\nadmin = \"127.0.0.1:0\"\n[callers.loopback]\n[[callers.loopback.grants]]\n\
         database = \"main\"\nstatements = \"any\"\n{limits}\n"
    )
}

/// A statement in each dialect.
fn request(path: &str, sql: &str) -> String {
    match path {
        EXECUTE => json!({"query": sql}),
        "/v1/query" => json!({"sql": sql}),
        _ => json!({"sql": sql, "resourceArn": ARN, "secretArn": ARN}),
    }
    .to_string()
}

const PATHS: [&str; 3] = [EXECUTE, "/v1/query", "/Execute"];

/// Each dialect's own form of a limit that is reached.
#[track_caller]
fn assert_limited(path: &str, answer: &Answer, words: &str) {
    assert_eq!(answer.status, 429, "{path}: {answer:?}");
    assert!(answer.head.contains("retry-after: 1\r\n"), "{answer:?}");
    let json = answer.json();
    let message = match path {
        EXECUTE => {
            assert_eq!(json["error"]["code"], "resource_exhausted");
            &json["error"]["message"]
        }
        "/v1/query" => {
            assert_eq!(json["error"]["type"], "TooManyRequests");
            assert_eq!(json["error"]["code"], 1226);
            &json["error"]["message"]
        }
        _ => {
            let of_error = "x-amzn-errortype: throttlingexception\r\n";
            assert!(answer.head.contains(of_error), "{answer:?}");
            &json["message"]
        }
    };
    assert!(message.as_str().unwrap().contains(words), "{json}");
}

#[test]
fn requests_in_a_second() {
    let server = Server::shared(Product::MySql);
    for path in PATHS {
        let (gateway, config) = limited(server, "requests_per_second = 2");
        let answers: Vec<Answer> = (0..6)
            .map(|_| gateway.post(path, &[], &request(path, "SELECT 1")))
            .collect();
        let refused: Vec<&Answer> = answers.iter().filter(|it| it.status != 200).collect();
        assert!(!refused.is_empty() && refused.len() <= 4, "{answers:?}");
        for answer in &refused {
            assert_limited(path, answer, "2 requests per second");
        }
        let counted = format!("rds_bridge_gateway_limited_total {}", refused.len());
        let metrics = gateway.get_admin("/metrics").body;
        assert!(metrics.lines().any(|it| it == counted), "{metrics}");
        // A reload can lift it.
        config.reload(&gateway, &text(""));
        for _ in 0..6 {
            let answer = gateway.post(path, &[], &request(path, "SELECT 1"));
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
}

#[apply(on_each_server)]
fn requests_at_the_same_time(product: Product) {
    let server = Server::shared(product);
    let (gateway, _config) = limited(server, "max_concurrent_requests = 1");
    let slow = request("/v1/query", "SELECT SLEEP(600) AS concurrent_request");
    let open = gateway.send("/v1/query", &[], &slow);
    until_executes(server, "concurrent_request", true);
    for path in PATHS {
        let answer = gateway.post(path, &[], &request(path, "SELECT 1"));
        assert_limited(path, &answer, "1 concurrent requests");
    }
    // A client that disconnects gives its place up, and so does one whose answer is complete.
    drop(open);
    until_executes(server, "concurrent_request", false);
    for path in PATHS {
        let answer = gateway.post(path, &[], &request(path, "SELECT 1"));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[test]
fn a_connection_without_a_request_is_closed() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    for beginning in ["", "POST /v1/query HTTP/1.1\r\nHost:"] {
        let mut stream = TcpStream::connect(gateway.address()).unwrap();
        stream.write_all(beginning.as_bytes()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut read = Vec::new();
        // It is closed, in whatever way.
        if let Err(error) = stream.read_to_end(&mut read) {
            assert_ne!(error.kind(), ErrorKind::WouldBlock, "{error}");
        }
        assert!(read.is_empty(), "{read:?}");
    }
}

/// It may be what ends the transaction.
#[test]
fn a_request_of_a_session_waits_for_its_place() {
    let server = Server::shared(Product::MySql);
    let (gateway, _config) = limited(server, "max_concurrent_requests = 1");
    let session = begin(&gateway).json()["session"].clone();
    let slow = request("/v1/query", "SELECT SLEEP(600) AS before_the_session");
    let open = gateway.send("/v1/query", &[], &slow);
    until_executes(server, "before_the_session", true);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| gateway.execute("COMMIT", &session));
        thread::sleep(Duration::from_millis(500));
        assert!(!waiting.is_finished());
        drop(open);
        let committed = waiting.join().unwrap();
        assert!(committed.get("error").is_none(), "{committed}");
    });
}

/// The comparison takes time.
#[test]
fn a_limit_precedes_the_comparison_with_listed_statements() {
    let server = Server::shared(Product::MySql);
    let config = GatewayConfig::new(
        "[gateway]\ntrust_loopback = true\n[statements.one]\nsql = \"SELECT 1\"\n[callers.loopback]\n\
         [[callers.loopback.grants]]\ndatabase = \"main\"\nstatements = [\"one\"]\nrequests_per_second = 1\n",
    );
    let gateway = config.start(server);
    for path in [EXECUTE, "/Execute"] {
        let statuses: Vec<u16> = (0..20)
            .map(|_| gateway.post(path, &[], &request(path, "SELECT 2")).status)
            .collect();
        assert!(statuses.contains(&429), "{path}: {statuses:?}");
    }
}

#[test]
fn a_streamed_response_keeps_its_place_until_its_end() {
    let server = Server::shared(Product::MySql);
    let (gateway, _config) = limited(server, "max_concurrent_requests = 1");
    let rows = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                SELECT a.i, b.i, REPEAT('streamed', 30) AS text FROM n a, n b";
    let accept = [("Accept", "application/x-ndjson")];
    let open = gateway.send("/v1/query", &accept, &request("/v1/query", rows));
    // Nothing of the 250 MB is read here.
    until_executes(server, "streamed", true);
    let answer = gateway.post("/v1/query", &[], &request("/v1/query", "SELECT 1"));
    assert_limited("/v1/query", &answer, "at the same time");
    drop(open);
    until_executes(server, "streamed", false);
    let answer = gateway.post("/v1/query", &[], &request("/v1/query", "SELECT 1"));
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn begin(gateway: &Gateway) -> Answer {
    gateway.post(EXECUTE, &[], &json!({"query": "BEGIN"}).to_string())
}

fn begin_transaction(gateway: &Gateway) -> Answer {
    let place = json!({"resourceArn": ARN, "secretArn": ARN});
    gateway.post("/BeginTransaction", &[], &place.to_string())
}

#[test]
fn open_sessions() {
    let server = Server::shared(Product::MySql);
    let (gateway, _config) = limited(server, "max_sessions = 2");
    let first = begin(&gateway).json();
    let second = begin_transaction(&gateway);
    assert_eq!(second.status, 200, "{second:?}");
    assert_limited(EXECUTE, &begin(&gateway), "2 open sessions");
    assert_limited(
        "/BeginTransaction",
        &begin_transaction(&gateway),
        "2 open sessions",
    );
    // What needs no session is executed, and so is what belongs to one.
    assert!(
        gateway
            .execute("SELECT 1", &Json::Null)
            .get("error")
            .is_none()
    );
    let session = &first["session"];
    assert!(
        gateway
            .execute("SELECT GET_LOCK('limits-session', 0)", session)
            .get("error")
            .is_none()
    );
    let state = gateway.post(
        EXECUTE,
        &[],
        &request(EXECUTE, "SELECT GET_LOCK('limits', 0)"),
    );
    assert_limited(EXECUTE, &state, "2 open sessions");
    // Its transaction ends, and its lock remains: the session is still open.
    let committed = gateway.execute("COMMIT", session);
    assert_limited(EXECUTE, &begin(&gateway), "2 open sessions");
    assert!(committed.get("error").is_none(), "{committed}");
    let id = second.json()["transactionId"].clone();
    let place = json!({"resourceArn": ARN, "secretArn": ARN, "transactionId": id});
    let ended = gateway.post("/RollbackTransaction", &[], &place.to_string());
    assert_eq!(ended.status, 200, "{ended:?}");
    let begun = begin(&gateway);
    assert!(
        begun.status == 200 && begun.json().get("error").is_none(),
        "{begun:?}"
    );
}

#[test]
fn a_caller_without_a_limit_leaves_half_of_the_connections_to_others() {
    let server = Server::shared(Product::MySql);
    for (connections, sessions) in [("1", 1), ("4", 2), ("5", 2)] {
        let config = GatewayConfig::new("");
        config.write_text(&format!(
            "[databases.main]\nendpoint = \"{ENDPOINT}\"\nuser = \"lambda-user\"\ndatabase = \"iamtest\"\n\
             max_connections = {connections}\n[gateway]\ntrust_loopback = true\n[callers.loopback]\n\
             [[callers.loopback.grants]]\ndatabase = \"main\"\nstatements = \"any\"\n"
        ));
        let gateway = config.start(server);
        for _ in 0..sessions {
            let begun = begin(&gateway);
            assert_eq!(begun.status, 200, "{begun:?}");
            assert!(begun.json().get("error").is_none(), "{begun:?}");
        }
        if sessions > 1 {
            let words = format!("{sessions} open sessions");
            assert_limited(EXECUTE, &begin(&gateway), &words);
            assert!(
                gateway
                    .execute("SELECT 1", &Json::Null)
                    .get("error")
                    .is_none()
            );
        }
    }
}

/// The time of a statement begins when its turn has come.
#[test]
fn waiting_for_a_turn_takes_no_time_of_the_statement() {
    let server = Server::shared(Product::MySql);
    let (gateway, config) = limited(server, "");
    let sessions: Vec<Json> = (0..4)
        .map(|_| begin(&gateway).json()["session"].clone())
        .collect();
    config.reload(&gateway, &text("requests_per_second = 1\nmax_seconds = 1"));
    let send = |session| {
        let body = json!({"query": "SELECT 1", "session": session}).to_string();
        gateway.send(EXECUTE, &[], &body)
    };
    let mut requests: Vec<_> = sessions.iter().map(send).collect();
    for request in &mut requests {
        let reply = read_answer(request).json();
        assert!(reply.get("error").is_none(), "{reply}");
    }
}

/// A row of NULLs has few bytes as the server sends it, and many in memory and in JSON.
#[apply(on_each_server)]
fn a_result_of_nulls_is_limited_as_its_memory_is(product: Product) {
    let server = Server::shared(product);
    let config =
        GatewayConfig::new("[gateway]\ntrust_loopback = true\nmax_result_bytes = 100000\n");
    let gateway = config.start(server);
    let columns: Vec<String> = (0..100)
        .map(|it| format!("NULL AS a_long_column_{it}"))
        .collect();
    let rows = |number: u32| {
        format!(
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {number}) SELECT {} FROM n",
            columns.join(", ")
        )
    };
    for path in PATHS {
        for (number, fits) in [(20, true), (500, false)] {
            let mut body: Json = serde_json::from_str(&request(path, &rows(number))).unwrap();
            if path == "/Execute" {
                body["resourceArn"] = json!("arn:aws:rds:any:main");
            }
            let answer = gateway.post(path, &[], &body.to_string());
            let is_refused = answer.body.contains("larger than 100000 bytes");
            assert_eq!(is_refused, !fits, "{path}: {answer:?}");
        }
    }
    let rows = rows(50);
    let formatted = json!({
        "sql": rows, "resourceArn": "arn:aws:rds:any:main", "secretArn": ARN, "formatRecordsAs": "JSON",
    });
    let answer = gateway.post("/Execute", &[], &formatted.to_string());
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("exceeded size limit"), "{answer:?}");
}

/// A transaction that has begun can be ended, whatever its caller sends.
#[test]
fn a_request_of_a_session_waits_for_its_turn() {
    let server = Server::shared(Product::MySql);
    let (gateway, _config) = limited(server, "requests_per_second = 5");
    let begun = begin(&gateway).json();
    let session = &begun["session"];
    for _ in 0..12 {
        let answer = gateway.execute("SELECT 1", session);
        assert!(answer.get("error").is_none(), "{answer}");
    }
    let committed = gateway.execute("COMMIT", session);
    assert!(committed.get("error").is_none(), "{committed}");
}
