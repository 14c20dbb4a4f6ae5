//! A row that exceeds every response is refused before it is read: memory does not grow with it.

use rds_bridge_test_support::fake_lambda_runtime::HttpResponse;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::function::{AD_HOC, failure, items, rows, start, url_request};

const MEGABYTE: u64 = 1 << 20;

#[apply(on_each_server)]
fn are_refused_before_they_are_read(product: Product) {
    let server = Server::start(
        product,
        &Options {
            arguments: vec!["--max-allowed-packet=128M".to_owned()],
            ..Options::default()
        },
    );
    let function = start(&server, &[AD_HOC]);
    assert_eq!(rows(&function, &json!({})), items());
    let before = peak_memory(&function);
    let long = json!({"sql": "SELECT REPEAT('x', 60000000) AS x"});
    let (kind, refused) = failure(&function, &long);
    assert_eq!(kind, "ResultTooLarge");
    assert!(
        refused["hint"].as_str().unwrap().contains("SUBSTRING"),
        "{refused}"
    );
    let request = url_request("POST", "", &[], Some(&long.to_string()));
    let http: HttpResponse = function.invoke(request.to_string()).response().http();
    assert_eq!(
        (http.status, &http.json()["error"]["type"]),
        (422, &json!("ResultTooLarge"))
    );
    let more = peak_memory(&function) - before;
    assert!(more < 30 * MEGABYTE, "{} MB", more / MEGABYTE);
    assert_eq!(rows(&function, &json!({})), items());
    // In a stream a row may be longer than a buffered response, but not as long as the memory.
    let function = start(&server, &[AD_HOC, ("INVOKE_MODE", "RESPONSE_STREAM")]);
    for (length, status) in [(20_000_000, 200), (60_000_000, 422)] {
        let body = json!({"sql": format!("SELECT REPEAT('x', {length}) AS x")}).to_string();
        let request = url_request("POST", "", &[], Some(&body));
        let http = function.invoke(request.to_string()).response().http();
        assert_eq!(
            (http.status, http.body.len() > length),
            (status, status == 200)
        );
    }
}

/// The peak memory of the process, in bytes.
fn peak_memory(function: &LambdaFunction) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() * 1024
}
