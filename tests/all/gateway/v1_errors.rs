//! Errors of the gateway's own dialect, and its description.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::TcpStream;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use super::v1::{BATCH, CSV, QUERY, Reply, curl, post};
use crate::helpers::gateway::{Answer, Gateway, read_answer, until_executes};

/// The gateway's limit for a body.
const BODY_LIMIT: usize = 16 << 20;

/// The body of a request to a route with one statement.
fn body(path: &str, sql: &str) -> Json {
    match path {
        BATCH => json!({"statements": [{"sql": sql}]}),
        _ => json!({"sql": sql}),
    }
}

fn execute(gateway: &Gateway, path: &str, sql: &str) -> Reply {
    post(gateway, path, "*/*", &body(path, sql))
}

/// The server's numbers, in statements that raise them.
#[apply(on_each_server)]
fn each_number_has_its_status(product: Product) {
    let gateway = Gateway::start_for_writes(Server::shared(product));
    for (code, status) in [
        (1062, 409),
        (1451, 409),
        (1452, 409),
        (1205, 409),
        (1213, 409),
        (1048, 400),
        (1064, 400),
        (1644, 400),
        (1142, 403),
        (1143, 403),
        (1044, 403),
        (1146, 404),
        (1051, 404),
        (1290, 405),
        (1792, 405),
        (1836, 405),
        (1040, 503),
        (1203, 503),
        (1226, 503),
    ] {
        let sql = format!(
            "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'raised by a test'"
        );
        let reply = execute(&gateway, QUERY, &sql);
        assert_eq!(reply.status, status, "{code}: {}", reply.text());
        let error = reply.error();
        assert_eq!(error["code"], code);
        assert_eq!(error["sql_state"], "45000");
        assert_eq!(error["message"], "raised by a test");
        assert_eq!(error["stage"], "statement");
        assert_eq!(reply.header("retry-after").is_some(), status == 503);
    }
}

#[apply(on_each_server)]
fn the_servers_own_errors(product: Product) {
    let server = Server::shared(product);
    let gateway = Gateway::start(server, &["--trust-loopback"]);
    for (sql, status, code) in [
        ("SELECT * FROM v1_nothing", 404, 1146),
        ("SELECT * FROM mysql.user", 403, 1142),
        ("SELECT nothing FROM items", 400, 1054),
        ("SELECT", 400, 1064),
        ("SELECT 1; SELECT 2", 400, 1064),
    ] {
        let reply = execute(&gateway, QUERY, sql);
        assert_eq!(reply.status, status, "{sql}: {}", reply.text());
        assert_eq!(reply.error()["code"], code, "{sql}");
    }
    let gateway = Gateway::start_as_admin(server, &["--trust-loopback"]);
    let reply = execute(&gateway, QUERY, "DELETE FROM items");
    assert_eq!(reply.status, 405, "{}", reply.text());
    let error = reply.error();
    assert_eq!(
        (&error["code"], &error["sql_state"]),
        (&json!(1792), &json!("25006"))
    );
    assert!(
        error["hint"].as_str().unwrap().contains("--allow-writes"),
        "{error}"
    );
}

/// Each has its own words.
#[test]
fn bodies_that_are_no_requests() {
    let gateway = Gateway::start(Server::shared(Product::MySql), &["--trust-loopback"]);
    let mut problems = BTreeSet::new();
    for body in [
        &b""[..],
        b"\xff\xfe",
        b"{\"sql\": ",
        b"{\"sql\": \"SELECT 1\"} {",
        b"[]",
        b"{}",
        b"{\"sql\": 7}",
        b"{\"sql\": \"\"}",
        b"{\"sql\": \"SELECT 1\", \"sql\": \"SELECT 2\"}",
        b"{\"sql\": \"SELECT ?\", \"parameters\": 7}",
        b"{\"sql\": \"SELECT ?\", \"parameters\": [[]]}",
        b"{\"sql\": \"SELECT ?\", \"parameters\": [1e999]}",
    ] {
        let reply = curl(&gateway, QUERY, &[], body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!(reply.status, 400, "{shown}: {}", reply.text());
        let error = reply.error();
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(
            error["hint"].is_string()
                || message == "\"sql\" is empty"
                || message.ends_with("send one of them"),
            "{error}"
        );
        assert!(problems.insert(message.clone()), "{shown}: {message}");
    }
    let deep = format!(
        "{{\"sql\": \"SELECT ?\", \"parameters\": [{}",
        "[".repeat(1 << 20)
    );
    assert_eq!(curl(&gateway, QUERY, &[], deep.as_bytes()).status, 400);
    let unknown = json!({"sql": "SELECT 1", "database": "nothing"});
    let reply = post(&gateway, QUERY, "*/*", &unknown);
    assert_eq!((reply.status, &reply.error()["code"]), (404, &json!(1049)));
}

/// The description and the gateway agree on every route and every status.
#[test]
fn every_route_and_status_of_the_description_is_real() {
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start_for_writes(server);
    let reply = curl(&gateway, "/v1/openapi.json", &["--request", "GET"], b"");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let description = reply.json();
    let mut described = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for status in operation["responses"].as_object().unwrap().keys() {
                described.insert((path.clone(), method.clone(), status.parse::<u16>().unwrap()));
            }
        }
    }
    let get = |path: &str, status| (path.to_owned(), "get".to_owned(), status);
    let mut observed = BTreeSet::from([get("/v1/openapi.json", reply.status)]);
    let known = description["components"]["schemas"]["Error"]["properties"]["type"]["enum"].clone();
    let known = known.as_array().unwrap();
    server.execute_as_admin("CREATE TABLE iamtest.v1_described (id INT PRIMARY KEY)");
    let procedure = "CREATE PROCEDURE v1_two_results() BEGIN SELECT 1; SELECT 2; END";
    assert_eq!(execute(&gateway, QUERY, procedure).status, 200);
    std::thread::scope(|scope| {
        let slow: Vec<_> = [QUERY, BATCH]
            .map(|path| {
                let gateway = &gateway;
                scope.spawn(move || (path, announce_body(gateway, path, 7)))
            })
            .into();
        for path in [QUERY, BATCH] {
            for (status, error) in statuses(server, &gateway, path) {
                observed.insert((path.to_owned(), "post".to_owned(), status));
                assert_eq!(error.is_null(), status < 300, "{path} {status}");
                assert!(error.is_null() || known.contains(&error["type"]), "{error}");
            }
        }
        for slow in slow {
            let (path, answer) = slow.join().unwrap();
            observed.insert((path.to_owned(), "post".to_owned(), answer.status));
        }
    });
    assert_eq!(described, observed);
    server
        .execute_as_admin("DROP TABLE iamtest.v1_described; DROP PROCEDURE iamtest.v1_two_results");
    let reply = curl(&gateway, "/v1/nothing", &[], b"{}");
    assert_eq!(
        (reply.status, &reply.error()["type"]),
        (404, &json!("NotFound"))
    );
}

/// All statuses of a route but 408, with their errors.
fn statuses(server: &Server, gateway: &Gateway, path: &str) -> Vec<(u16, Json)> {
    let of = |reply: Reply| match reply.status {
        200..300 => (reply.status, Json::Null),
        status => (status, reply.error()),
    };
    let select = body(path, "SELECT 1").to_string();
    let with = |header: &str| {
        of(curl(
            gateway,
            path,
            &["--header", header],
            select.as_bytes(),
        ))
    };
    let insert = "INSERT INTO v1_described VALUES (1), (1)";
    // 70 MiB, where 64 are allowed.
    let too_large = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 70) \
                     SELECT REPEAT('x', 1048576) FROM n";
    let mut statuses = vec![
        of(execute(gateway, path, "SELECT 1")),
        of(execute(gateway, path, "SELECT SELECT")),
        of(execute(gateway, path, "SELECT * FROM v1_nothing")),
        of(execute(gateway, path, insert)),
        of(execute(gateway, path, "CALL v1_two_results()")),
        of(execute(gateway, path, too_large)),
        of(curl(gateway, path, &["--request", "GET"], b"")),
        with("Accept: text/html"),
        with("Origin: https://evil.example"),
        with("Host: evil.example"),
        // A second header beside that of JSON.
        of(curl(
            gateway,
            path,
            &["--header", "Content-Type: text/plain"],
            select.as_bytes(),
        )),
        with_error(&announce_body(gateway, path, BODY_LIMIT + 1)),
        lost(server, gateway, path),
    ];
    if path == QUERY {
        statuses.push(of(post(gateway, path, CSV, &body(path, "DO 1"))));
    }
    let trusting = |arguments: &[&str]| {
        let arguments = [&["--trust-loopback"], arguments].concat();
        let gateway = Gateway::start(server, &arguments);
        of(execute(&gateway, path, "SELECT 1"))
    };
    statuses.push(trusting(&["--username", "v1-nobody"]));
    statuses.push(trusting(&["--connect-to", "127.0.0.1:1"]));
    statuses.extend(without_key(server, path).into_iter().map(of));
    statuses
}

/// A caller without a key, and then one that guesses keys.
fn without_key(server: &Server, path: &str) -> [Reply; 2] {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.txt");
    fs::write(&file, "app:0123456789abcdef\n").unwrap();
    let gateway = Gateway::start(server, &["--api-key-file", file.to_str().unwrap()]);
    let select = body(path, "SELECT 1").to_string();
    let credentials = ["--user", "app:0123456789abcdef"];
    let reply = curl(&gateway, path, &credentials, select.as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let reply = curl(&gateway, path, &["--user", "app:wrong"], select.as_bytes());
    let challenge = reply.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("basic "), "{challenge}");
    let wrong = ["--user", "app:wrong"];
    let guess = || curl(&gateway, path, &wrong, select.as_bytes());
    for _ in 0..10 {
        let _refused = guess();
    }
    [reply, guess()]
}

/// The server closes the connection while it executes the statement.
fn lost(server: &Server, gateway: &Gateway, path: &str) -> (u16, Json) {
    let words = format!("v1_lost_{}", path.trim_start_matches("/v1/"));
    let sql = format!("SELECT SLEEP(600) AS {words}");
    let mut request = gateway.send(path, &[], &body(path, &sql).to_string());
    until_executes(server, &words, true);
    let found = format!(
        "SELECT id FROM information_schema.processlist \
         WHERE info LIKE '%{words}%' AND id <> CONNECTION_ID()"
    );
    let id = server.execute_as_admin(&found);
    server.execute_as_admin(&format!("KILL {}", id.trim()));
    with_error(&read_answer(&mut request))
}

fn with_error(answer: &Answer) -> (u16, Json) {
    (answer.status, answer.json()["error"].clone())
}

/// A request whose body is announced, and never comes.
fn announce_body(gateway: &Gateway, path: &str, length: usize) -> Answer {
    let address = gateway.address();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    read_answer(&mut stream)
}
