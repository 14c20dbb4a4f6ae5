//! Results larger than a response may be: refused if the response is buffered, sent if it is streamed.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{
    AD_HOC, NDJSON, WRITES, assert_is_not_whole, failure, invocation_lines, items, rows, start,
    url_request,
};

const STREAM: (&str, &str) = ("INVOKE_MODE", "RESPONSE_STREAM");

/// Rows of some hundred bytes each.
fn select(product: Product, rows: u64) -> Json {
    let sql = format!(
        "SELECT seq, REPEAT('x', 200) AS x FROM {} ORDER BY seq",
        product.sequence(rows)
    );
    json!({"sql": sql})
}

#[apply(on_each_server)]
fn are_refused_where_the_response_is_whole(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC]);
    let (kind, refused) = failure(&function, &select(product, 50_000));
    assert_eq!(kind, "ResultTooLarge");
    let hint = refused["hint"].as_str().unwrap();
    assert!(hint.contains("RESPONSE_STREAM"), "{refused}");
    let body = select(product, 50_000).to_string();
    let request = url_request("POST", "", &[], Some(&body));
    let http = function.invoke(request.to_string()).response().http();
    assert_eq!(http.status, 422);
    assert_eq!(http.json()["error"]["type"], "ResultTooLarge");
    // The function does not read a billion rows to notice that.
    let endless = json!({"sql": format!("SELECT seq FROM {}", product.sequence(1_000_000_000))});
    assert_eq!(failure(&function, &endless).0, "ResultTooLarge");
    assert_eq!(rows(&function, &json!({})), items());
}

/// Lambda's limit is used to the last byte: neither the function nor Lambda refuses a response just below it.
#[apply(on_each_server)]
fn as_large_as_they_may_be(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC]);
    let of_length = |length: usize| {
        // In the body of an HTTP response each quotation mark is escaped and thus longer.
        let sql = format!("SELECT REPEAT('x', {length}) AS x");
        json!({"sql": sql})
    };
    let long = rows(&function, &of_length(6_291_000));
    assert_eq!(long[0]["x"].as_str().unwrap().len(), 6_291_000);
    for length in 6_291_520..6_291_570 {
        let outcome = function.invoke(of_length(length).to_string());
        let error = format!("{outcome:?}").get(..80).map(str::to_owned);
        match outcome {
            rds_bridge_test_support::fake_lambda_runtime::Outcome::Response(response) => {
                assert!(response.is_whole);
            }
            other => assert_eq!(
                other.error().error_type,
                "RdsBridge.ResultTooLarge",
                "{error:?}"
            ),
        }
    }
    // Each character takes two in the response.
    let quotes = json!({"sql": "SELECT REPEAT('\"', 3000000) AS x"}).to_string();
    let request = url_request("POST", "", &[], Some(&quotes));
    let http = function.invoke(request.to_string()).response().http();
    assert_eq!(http.status, 422);
}

#[apply(on_each_server)]
fn come_whole_in_a_stream(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC, STREAM]);
    let number = 60_000;
    let body = select(product, number).to_string();
    for accept in ["*/*", NDJSON] {
        let request = url_request("POST", "", &[("accept", accept)], Some(&body));
        let response = function.invoke(request.to_string()).response();
        assert!(response.is_streamed && response.is_whole && response.error.is_none());
        assert!(response.body.len() > 10_000_000);
        let http = response.http();
        assert_eq!(http.status, 200);
        let rows: Vec<Json> = match accept {
            NDJSON => http
                .text()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
            _ => serde_json::from_slice(&http.body).unwrap(),
        };
        let expected = if accept == NDJSON {
            NDJSON
        } else {
            "application/json"
        };
        assert_eq!(http.header("content-type"), Some(expected));
        assert_eq!(rows.len() as u64, number);
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row["seq"], index + 1);
            assert_eq!(row["x"].as_str().unwrap().len(), 200);
        }
    }
    let lines = invocation_lines(&function, 2);
    assert_eq!(lines[0]["rows"], number);
    assert!(lines[0]["bytes"].as_u64().unwrap() > 10_000_000);
    // Small results are streamed too. The response to an event that is not from a Function URL is not streamed.
    let request = url_request("GET", "", &[], None);
    let response = function.invoke(request.to_string()).response();
    assert!(response.is_streamed);
    assert_eq!(response.http().json(), items());
    assert_eq!(rows(&function, &json!({})), items());
}

/// Memory does not grow with the result, and the stream begins before its end.
#[cfg(target_os = "linux")]
#[apply(on_each_server)]
fn take_no_memory_in_a_stream(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC, STREAM]);
    let stream = |rows: u64| {
        let body = select(product, rows).to_string();
        let request = url_request("POST", "", &[("accept", NDJSON)], Some(&body));
        let response = function.invoke(request.to_string()).response();
        assert_eq!(response.http().text().lines().count() as u64, rows);
        let status = std::fs::read_to_string(format!("/proc/{}/status", function.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.unwrap().trim().trim_end_matches(" kB");
        peak.parse::<u64>().unwrap()
    };
    let small = stream(10_000);
    let large = stream(200_000);
    assert!(large < small + 4_096, "{small} kB, then {large} kB");
}

#[apply(on_each_server)]
fn an_error_in_the_middle_of_a_stream(product: Product) {
    let function = start(Server::shared(product), &[AD_HOC, STREAM]);
    let sql = &format!(
        "SELECT seq, IF(seq < 50000, REPEAT('x', 100), (SELECT name FROM items)) AS x FROM {}",
        product.sequence(60_000)
    );
    let body = json!({"sql": sql}).to_string();
    for accept in ["application/json", NDJSON] {
        let request = url_request("POST", "", &[("accept", accept)], Some(&body));
        let response = function.invoke(request.to_string()).response();
        let http = response.http();
        // The server may notice the error before it sends the first row.
        if response.is_streamed {
            assert_eq!(http.status, 200);
            assert_is_not_whole(&http, accept);
            assert!(http.text().contains(r#"{"type":"Statement"}"#));
        } else {
            assert_eq!(http.status, 500);
            assert_eq!(http.json()["error"]["type"], "Statement");
        }
    }
    // An error before the first row is an ordinary error response.
    let body = json!({"query": "nowhere"}).to_string();
    let request = url_request("POST", "", &[], Some(&body));
    let http = function.invoke(request.to_string()).response().http();
    assert_eq!(
        (http.status, &http.json()["error"]["type"]),
        (500, &json!("Statement"))
    );
    let lines = invocation_lines(&function, 3);
    let codes: Vec<&Json> = lines.iter().map(|line| &line["error"]["code"]).collect();
    assert_eq!(codes, [&json!(1242), &json!(1242), &json!(1146)]);
    assert_eq!(rows(&function, &json!({})), items());
}

/// The quotation marks are escaped in an HTTP response, which makes it too large. It is refused before the COMMIT,
/// because the caller treats the invocation as failed.
#[apply(on_each_server)]
fn are_refused_before_the_commit(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(&format!(
        "GRANT ALL ON iamtest.* TO 'lambda-user'@'%';
         DELIMITER //
         CREATE PROCEDURE iamtest.writes() BEGIN
           INSERT INTO items (name) VALUES ('kept?');
           SELECT seq AS a, 1 AS b, 2 AS c, 3 AS d FROM {};
         END //",
        product.sequence(180_000)
    ));
    let function = start(&server, &[AD_HOC, WRITES]);
    let body = json!({"sql": "CALL writes()"}).to_string();
    let json = [("content-type", "application/json")];
    let request = url_request("POST", "", &json, Some(&body));
    let http = function.invoke(request.to_string()).response().http();
    assert_eq!(http.status, 422);
    assert_eq!(http.json()["error"]["type"], "ResultTooLarge");
    let items = server.execute_as_admin("SELECT COUNT(*) FROM iamtest.items");
    assert_eq!(items.trim(), "3");
    // The same rows fit into a direct response.
    let direct = function.invoke(body).response();
    assert!(direct.is_whole);
}
