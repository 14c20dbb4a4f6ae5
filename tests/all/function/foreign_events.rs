//! Events that are not meant for the function: a misspelt key, or an event of another service. None executes the
//! default statement.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{failure, items, rows, start, url_request};

/// Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS".
fn sqs() -> Json {
    json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a…",
        "body": "{\"query\": \"by_id\", \"parameters\": [2]}",
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
        "awsRegion": "us-east-2",
    }]})
}

/// Source: Amazon EventBridge User Guide, "Creating an Amazon EventBridge rule that runs on a schedule".
fn scheduled() -> Json {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2015-10-08T16:53:06Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"],
        "detail": {},
    })
}

#[apply(on_each_server)]
fn are_refused(product: Product) {
    let function = start(Server::shared(product), &[]);
    let mut object_created = scheduled();
    object_created["detail-type"] = json!("Object Created");
    object_created["source"] = json!("aws.s3");
    for (event, words) in [
        (sqs(), "aws:sqs"),
        (object_created, "aws.s3"),
        (json!({"awslogs": {"data": "H4sIAAAA"}}), "CloudWatch Logs"),
        (json!({"Query": "by_id"}), "did you mean \"query\"?"),
        (json!({"qurey": "by_id"}), "did you mean \"query\"?"),
        (
            json!({"query": "by_id", "parametres": [1]}),
            "did you mean \"parameters\"?",
        ),
        (
            json!({"query": "by_id", "params": [1]}),
            "did you mean \"parameters\"?",
        ),
        (json!({"SQL": "SELECT 1"}), "did you mean \"sql\"?"),
        (json!({"id": 7}), "\"id\" is not a key"),
        (json!({"x".repeat(900_000): 7}), "xxx\"… is not a key"),
    ] {
        let (kind, failure) = failure(&function, &event);
        assert_eq!(kind, "InvalidEvent", "{failure}");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains(words) && message.len() < 200, "{failure}");
        assert!(failure["hint"].is_string(), "{failure}");
    }
}

#[apply(on_each_server)]
fn a_schedule_executes_the_default_statement(product: Product) {
    let function = start(Server::shared(product), &[]);
    assert_eq!(rows(&function, &scheduled()), items());
    let mut scheduler = scheduled();
    scheduler["source"] = json!("aws.scheduler");
    assert_eq!(rows(&function, &scheduler), items());
    // A state machine adds its own keys to the statement's name.
    let more = json!({"query": "by_id", "parameters": [2], "executionId": "7"});
    assert_eq!(rows(&function, &more)[0]["name"], "bread");
}

#[apply(on_each_server)]
fn over_http_every_other_key_is_refused(product: Product) {
    let function = start(Server::shared(product), &[]);
    let body = |json: Json| url_request("POST", "", &[], Some(&json.to_string()));
    for (request, words) in [
        (
            url_request("GET", "utm_source=else", &[], None),
            "utm_source",
        ),
        (url_request("GET", "Query=by_id", &[], None), "did you mean"),
        (
            url_request("GET", "query=by_id&parameters=%5B2%5D&page=1", &[], None),
            "page",
        ),
        (
            body(json!({"query": "by_id", "parameters": [2], "page": 1})),
            "page",
        ),
        (body(json!({"querry": "by_id"})), "did you mean"),
        (body(sqs()), "Records"),
    ] {
        let http = function.invoke(request.to_string()).response().http();
        assert_eq!(http.status, 400, "{request}");
        let error = &http.json()["error"];
        assert_eq!(error["type"], "InvalidEvent");
        assert!(
            error["message"].as_str().unwrap().contains(words),
            "{error}"
        );
    }
}

/// A long name from a caller is truncated in the error.
#[apply(on_each_server)]
fn long_names_are_cut(product: Product) {
    let function = start(Server::shared(product), &[]);
    let body = json!({"query": "n".repeat(900_000)}).to_string();
    let http = function
        .invoke(url_request("POST", "", &[], Some(&body)).to_string())
        .response()
        .http();
    assert_eq!(
        (http.status, http.body.len() < 500),
        (404, true),
        "{http:?}"
    );
    assert!(function.stdout().len() < 20_000);
}
