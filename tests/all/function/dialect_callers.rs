//! Who may call the function in the dialects of the gateway.

use rds_bridge_test_support::fake_lambda_runtime::HttpResponse;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::server::{Product, Server};
use serde_json::{Value as Json, json};

use crate::helpers::function::{
    AD_HOC, API_KEYS, dialect_request, items, rows, start, url_request,
};
use crate::helpers::gateway::EXECUTE;

const CHANGED: [(&str, &str); 1] = [("authorization", "Basic YXBwOmFub3RoZXIta2V5")];

fn function(changes: &[(&'static str, &str)]) -> LambdaFunction {
    start(Server::shared(Product::MySql), changes)
}

#[track_caller]
fn send(function: &LambdaFunction, event: &Json) -> HttpResponse {
    function.invoke(event.to_string()).response().http()
}

fn query() -> String {
    json!({"sql": "SELECT 1 AS n"}).to_string()
}

fn execute() -> String {
    json!({"query": "SELECT 1 AS n"}).to_string()
}

/// An event that Lambda or API Gateway has authenticated.
fn authorized(path: &str, authorizer: &Json, body: &str) -> Json {
    let mut event = url_request(
        "POST",
        "",
        &[("content-type", "application/json")],
        Some(body),
    );
    event["rawPath"] = json!(path);
    event["requestContext"]["authorizer"] = authorizer.clone();
    event
}

/// By default: no callers, and no SQL of theirs.
#[test]
fn the_dialects_are_off_until_they_are_switched_on() {
    let data_api = json!({"resourceArn": "a", "secretArn": "b", "sql": "SELECT 1"}).to_string();
    for (changes, words) in [
        (&[][..], "ALLOW_AD_HOC_SQL"),
        (&[API_KEYS], "ALLOW_AD_HOC_SQL"),
        (&[AD_HOC], "API_KEYS"),
    ] {
        let function = function(changes);
        for (path, body) in [(EXECUTE, execute()), ("/Execute", data_api.clone())] {
            let response = send(&function, &dialect_request(path, &[], &body));
            assert_eq!(response.status, 403, "{path}");
            assert!(response.text().contains(words), "{}", response.text());
        }
    }
}

#[test]
fn credentials_that_are_wrong_or_missing() {
    let function = function(&[AD_HOC, API_KEYS]);
    for headers in [&CHANGED[..], &[("authorization", "")]] {
        let response = send(&function, &dialect_request(EXECUTE, headers, &execute()));
        assert_eq!(response.status, 401);
        assert_eq!(response.json()["error"]["code"], "unauthenticated");
        let response = send(&function, &dialect_request("/v1/query", headers, &query()));
        assert_eq!(response.status, 401);
        assert_eq!(response.json()["error"]["type"], "Unauthenticated");
        // The function's own form, through the same URL.
        let response = send(&function, &dialect_request("/", headers, "{}"));
        assert_eq!(response.status, 401);
        assert_eq!(response.json()["error"]["type"], "Unauthenticated");
        assert!(response.header("www-authenticate").is_some());
    }
    for (headers, error) in [
        (&CHANGED[..], "UnrecognizedClientException"),
        (&[("authorization", "")], "IncompleteSignatureException"),
    ] {
        let response = send(&function, &dialect_request("/Execute", headers, "{}"));
        assert_eq!(response.status, 403, "{}", response.text());
        assert_eq!(response.header("x-amzn-errortype"), Some(error));
    }
    // A direct invocation needs no key: IAM has allowed it.
    assert_eq!(rows(&function, &json!({})), items());
}

/// Without keys, as before there were any: the URL's own check is the only one.
#[test]
fn the_function_s_own_form_needs_no_key_where_there_is_none() {
    let function = function(&[AD_HOC]);
    let anonymous = dialect_request("/", &CHANGED, &query());
    assert_eq!(send(&function, &anonymous).json(), json!([{"n": 1}]));
    // Paths below /v1 have always been its own.
    let anonymous = dialect_request("/v1/query", &CHANGED, &query());
    assert_eq!(send(&function, &anonymous).json(), json!([{"n": 1}]));
}

#[test]
fn an_authorizer_s_identity_may_use_v1_alone() {
    for changes in [&[AD_HOC][..], &[AD_HOC, API_KEYS]] {
        let function = function(changes);
        for (authorizer, name) in [
            (
                json!({"iam": {"userArn": "arn:aws:iam::111122223333:user/one"}}),
                "iam:arn:aws:iam::111122223333:user/one",
            ),
            (
                json!({"jwt": {"claims": {"sub": "two"}, "scopes": []}}),
                "jwt:two",
            ),
            (json!({"lambda": {"principalId": "three"}}), "lambda:three"),
        ] {
            let batch = json!({"statements": [{"sql": "SELECT 1 AS n"}]}).to_string();
            let response = send(&function, &authorized("/v1/batch", &authorizer, &batch));
            assert_eq!(response.json(), json!({"results": [[{"n": 1}]]}));
            let caller = format!("\"caller\":\"{name}\"");
            function.wait_for_stdout(|text| text.contains(&caller).then_some(()));
            // The clients of the other dialects sign for another service, or send Basic credentials.
            let response = send(&function, &authorized(EXECUTE, &authorizer, &execute()));
            assert!(matches!(response.status, 401 | 403), "{response:?}");
            let response = send(&function, &authorized("/", &authorizer, "{}"));
            assert_eq!(response.json(), items());
        }
    }
}

/// Nothing that is not JSON, and no page of a browser.
#[test]
fn the_gateway_s_guards_are_there() {
    let function = function(&[AD_HOC, API_KEYS]);
    for (headers, status) in [
        (("content-type", "text/plain"), 415),
        (("origin", "https://evil.example"), 403),
    ] {
        let response = send(&function, &dialect_request(EXECUTE, &[headers], &execute()));
        assert_eq!(response.status, status);
    }
    let mut malformed = dialect_request(EXECUTE, &[], "%");
    malformed["isBase64Encoded"] = json!(true);
    let response = send(&function, &malformed);
    assert_eq!(response.status, 400);
    assert_eq!(response.json()["error"]["code"], "invalid_argument");
}

#[test]
fn settings_that_cannot_be_keys_are_refused_at_the_start() {
    for (name, value) in [
        ("API_KEYS", "app:hunter2-hunter2-hunter2"),
        ("API_KEYS", "app:sha256:hunter2"),
        ("API_KEYS_SECRET_ARN", "hunter2-hunter2"),
    ] {
        let function = function(&[(name, value)]);
        let error = function.wait_for_start().init_error();
        assert_eq!(error.json()["type"], "Settings");
        assert!(
            error.message.contains(name) && !error.message.contains("hunter2"),
            "{error:?}"
        );
    }
}

/// The keys are read with the first request that needs them, and again after a failure.
#[test]
fn a_secret_that_cannot_be_read_is_no_answer_for_ever() {
    let arn = crate::helpers::secrets_manager::arn("function/missing");
    let moto = crate::helpers::fake_aws::Moto::shared();
    let function = function(&[
        AD_HOC,
        ("API_KEYS_SECRET_ARN", &arn),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto.url()),
    ]);
    for _ in 0..2 {
        let response = send(&function, &dialect_request(EXECUTE, &[], &execute()));
        assert_eq!(response.status, 503);
        assert_eq!(response.json()["error"]["code"], "unavailable");
        assert!(!response.text().contains("function/missing"));
        assert_eq!(rows(&function, &json!({})), items());
    }
    assert!(
        function.stdout().contains("was not found"),
        "{}",
        function.stdout()
    );
}
