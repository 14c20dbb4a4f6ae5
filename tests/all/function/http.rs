//! Requests to a Function URL and to an HTTP API, in the documented event formats, and the responses to them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rds_bridge_test_support::fake_lambda_runtime::HttpResponse;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{AD_HOC, invocation_lines, items, start, url_request};

/// The event of an HTTP API. Source: Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP
/// APIs", payload format version 2.0.
fn api_request(method: &str, query: &str, headers: &[(&str, &str)], body: Option<&str>) -> Json {
    let mut event = url_request(method, query, headers, body);
    event["queryStringParameters"] = json!({"parameter1": "value1,value2", "parameter2": "value"});
    event["pathParameters"] = json!({"parameter1": "value1"});
    event["stageVariables"] = json!({"stageVariable1": "value1", "stageVariable2": "value2"});
    let context = &mut event["requestContext"];
    context["apiId"] = json!("api-id");
    context["domainName"] = json!("id.execute-api.us-east-1.amazonaws.com");
    context["domainPrefix"] = json!("id");
    context["authorizer"] =
        json!({"jwt": {"claims": {"claim1": "value1"}, "scopes": ["scope1", "scope2"]}});
    context["authentication"] = json!({"clientCert": {
        "clientCertPem": "CERT_CONTENT",
        "subjectDN": "www.example.com",
        "issuerDN": "Example issuer",
        "serialNumber": "a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1",
        "validity": {"notBefore": "May 28 12:30:02 2019 GMT", "notAfter": "Aug  5 09:36:04 2021 GMT"},
    }});
    event
}

#[track_caller]
fn send(function: &LambdaFunction, request: &Json) -> HttpResponse {
    let response = function.invoke(request.to_string()).response();
    assert!(response.is_whole && response.error.is_none());
    response.http()
}

/// The body of a response that must not be an error.
#[track_caller]
fn good(function: &LambdaFunction, request: &Json) -> Json {
    let response = send(function, request);
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    // No cache may store the rows: they are meant for the caller only.
    assert_eq!(response.header("cache-control"), Some("no-store"));
    response.json()
}

/// The function refuses a query string in a POST and a body in a GET. Otherwise it would ignore them and execute the
/// default statement.
#[apply(on_each_server)]
fn what_stands_where_nobody_looks(product: Product) {
    let function = start(Server::shared(product), &[]);
    let body = json!({"query": "by_id", "parameters": [2]}).to_string();
    let query = "query=by_id&parameters=%5B2%5D";
    for request in OF_BOTH {
        for event in [
            request("POST", query, &[], None),
            request("POST", query, &[], Some(&body)),
            request("GET", "", &[], Some(&body)),
        ] {
            let response = send(&function, &event);
            assert_eq!(response.status, 400, "{response:?}");
            assert_eq!(response.json()["error"]["type"], "InvalidEvent");
        }
    }
}

const MODES: [&str; 2] = ["BUFFERED", "RESPONSE_STREAM"];
type MakeRequest = fn(&str, &str, &[(&str, &str)], Option<&str>) -> Json;
const OF_BOTH: [MakeRequest; 2] = [url_request, api_request];

#[apply(on_each_server)]
fn get_and_post(product: Product) {
    for mode in MODES {
        let function = start(Server::shared(product), &[("INVOKE_MODE", mode)]);
        for request in OF_BOTH {
            let named = json!([{"name": "bread", "price": "3.50"}]);
            let body = json!({"query": "by_id", "parameters": [2]}).to_string();
            let encoded = BASE64_STANDARD.encode(&body);
            let json = [("content-type", "application/json; charset=utf-8")];

            assert_eq!(good(&function, &request("GET", "", &[], None)), items());
            let query = "query=by_id&parameters=%5B2%5D";
            assert_eq!(good(&function, &request("GET", query, &[], None)), named);
            assert_eq!(
                good(&function, &request("POST", "", &json, Some(&body))),
                named
            );
            assert_eq!(
                good(&function, &request("POST", "", &[], Some(&body))),
                named
            );
            let mut binary = request("POST", "", &json, Some(&encoded));
            binary["isBase64Encoded"] = json!(true);
            assert_eq!(good(&function, &binary), named);
            for empty in [None, Some(""), Some("{}"), Some(" \r\n")] {
                assert_eq!(good(&function, &request("POST", "", &json, empty)), items());
            }
            // Percent-encoded characters, and plus signs.
            let query = "query=typed&parameters=%5B1%2C1%2C%22%C3%A9%26+%2B%22%2Ctrue%5D";
            let rows = good(&function, &request("GET", query, &[], None));
            assert_eq!(rows[0]["t"], "é& +", "{rows}");
        }
    }
}

#[apply(on_each_server)]
fn what_the_caller_accepts(product: Product) {
    let lines = "{\"id\":1,\"name\":\"apple\",\"price\":\"1.25\"}\n\
                 {\"id\":2,\"name\":\"bread\",\"price\":\"3.50\"}\n\
                 {\"id\":3,\"name\":\"cheese\",\"price\":\"12.00\"}\n";
    for mode in MODES {
        let function = start(Server::shared(product), &[("INVOKE_MODE", mode)]);
        for request in OF_BOTH {
            let accepting = |accept: &str| {
                let request = request("GET", "", &[("accept", accept)], None);
                send(&function, &request)
            };
            for accept in [
                "application/x-ndjson",
                "application/jsonl",
                "application/x-ndjson, application/json;q=0.9",
                "application/json;q=0.2, application/x-ndjson;q=0.3",
            ] {
                let response = accepting(accept);
                assert_eq!(response.status, 200);
                let content_type = response.header("content-type").unwrap();
                assert!(
                    content_type.starts_with("application/x-ndjson"),
                    "{content_type}"
                );
                assert_eq!(response.text(), lines, "{accept}");
            }
            for accept in ["*/*", "application/*", "text/html, application/json", ""] {
                assert_eq!(accepting(accept).json(), items(), "{accept}");
            }
            for accept in ["text/html", "text/csv, image/*", "application/json;q=0"] {
                let accepted = accepting(accept);
                // If `Accept` refuses only one of the two formats, the response is in the other.
                if accept.starts_with("application") && accepted.status == 200 {
                    assert_eq!(accepted.text(), lines);
                } else {
                    assert_refused(&accepted, 406, "NotAcceptable");
                }
            }
        }
    }
}

#[track_caller]
fn assert_refused(response: &HttpResponse, status: u16, kind: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    let body = response.json();
    let error = &body["error"];
    assert_eq!(error["type"], kind, "{body}");
    assert!(!error["requestId"].as_str().unwrap().is_empty(), "{body}");
    // Errors of the server may contain users, addresses and settings, so only the log has their text.
    match status {
        500.. => assert_eq!(error.as_object().unwrap().len(), 2, "{body}"),
        _ => assert!(!error["message"].as_str().unwrap().is_empty(), "{body}"),
    }
}

#[apply(on_each_server)]
fn every_status_of_a_request_that_is_refused(product: Product) {
    let server = Server::start(product, &Options::default());
    for mode in MODES {
        let function = start(&server, &[("INVOKE_MODE", mode)]);
        for request in OF_BOTH {
            let post = |body: &str| request("POST", "", &[], Some(body));
            let mut no_base64 = post("{}");
            no_base64["isBase64Encoded"] = json!(true);
            let long = format!("{{\"query\": \"{}\"}}", "x".repeat(1 << 20));
            let csv = [("content-type", "text/csv")];
            for (request, status, kind) in [
                (post("{"), 400, "InvalidEvent"),
                (post("[]"), 400, "InvalidEvent"),
                (post("\"text\""), 400, "InvalidEvent"),
                (post(r#"{"query": 1}"#), 400, "InvalidEvent"),
                (no_base64, 400, "InvalidEvent"),
                (post(r#"{"query": "by_id"}"#), 400, "InvalidParameters"),
                (
                    request("GET", "query=by_id&parameters=7", &[], None),
                    400,
                    "InvalidParameters",
                ),
                (
                    request("GET", "query=by_id&parameters=%5B", &[], None),
                    400,
                    "InvalidParameters",
                ),
                (
                    request("GET", "query=by_id&query=other", &[], None),
                    400,
                    "InvalidEvent",
                ),
                (
                    request("GET", "sql=SELECT+1", &[], None),
                    403,
                    "AdHocSqlNotAllowed",
                ),
                (post(r#"{"sql": "SELECT 1"}"#), 403, "AdHocSqlNotAllowed"),
                (
                    request("GET", "query=nothing", &[], None),
                    404,
                    "UnknownQuery",
                ),
                (post(r#"{"query": "nothing"}"#), 404, "UnknownQuery"),
                (post(&long), 413, "EventTooLarge"),
                (
                    request("POST", "", &csv, Some("a,b")),
                    415,
                    "UnsupportedMediaType",
                ),
            ] {
                assert_refused(&send(&function, &request), status, kind);
            }
            for method in ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get"] {
                let response = send(&function, &request(method, "", &[], None));
                assert_refused(&response, 405, "MethodNotAllowed");
                assert_eq!(response.header("allow"), Some("GET, POST"));
            }
            assert_eq!(good(&function, &request("GET", "", &[], None)), items());
        }
    }
}

#[apply(on_each_server)]
fn every_status_of_what_fails_behind_it(product: Product) {
    let server = Server::start(product, &Options::default());
    for mode in MODES {
        for (changes, status, kind) in [
            (("DB_QUERY", "SELECT * FROM nowhere"), 500, "Statement"),
            (("AWS_SECRET_ACCESS_KEY", ""), 502, "Credentials"),
            (("DB_CONNECT_TO", "127.0.0.1:1"), 502, "Network"),
            (("DB_CA_FILE", ""), 502, "Tls"),
            (("AWS_SECRET_ACCESS_KEY", "another"), 502, "Login"),
        ] {
            let function = start(&server, &[("INVOKE_MODE", mode), changes]);
            let response = send(&function, &url_request("GET", "", &[], None));
            assert_refused(&response, status, kind);
            let line = &invocation_lines(&function, 1)[0]["error"];
            assert_eq!(line["type"], kind);
            assert!(
                line["message"].is_string() && line["hint"].is_string(),
                "{line}"
            );
            if kind == "Statement" {
                assert_eq!(
                    (&line["code"], &line["sqlState"]),
                    (&json!(1146), &json!("42S02"))
                );
                assert_eq!(line["stage"], "statement");
            }
        }
    }
    // The user may have one connection, which is in use.
    server.execute_as_admin("ALTER USER 'lambda-user'@'%' WITH MAX_USER_CONNECTIONS 1");
    let first = start(&server, &[]);
    let _at = first.wait_for_start().ready_at();
    let second = start(&server, &[]);
    let response = send(&second, &url_request("GET", "", &[], None));
    assert_refused(&response, 503, "TooManyConnections");
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(invocation_lines(&second, 1)[0]["error"]["code"], 1226);
    drop(first);
    // The pool retries for some seconds, until the server has noticed the end of the first connection.
    assert_eq!(good(&second, &url_request("GET", "", &[], None)), items());
}

/// Characters outside ASCII, and characters that JSON escapes, arrive unchanged.
#[apply(on_each_server)]
fn texts_that_are_not_ascii(product: Product) {
    for mode in MODES {
        let function = start(Server::shared(product), &[AD_HOC, ("INVOKE_MODE", mode)]);
        let text = "é 😀 \" \\ \u{1} \u{2028} </script>";
        let body = json!({"sql": "SELECT ? AS t", "parameters": [text]}).to_string();
        let request = url_request("POST", "", &[], Some(&body));
        assert_eq!(good(&function, &request), json!([{"t": text}]));
    }
}
