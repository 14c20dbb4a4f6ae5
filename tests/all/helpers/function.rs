//! The function as a process: starting it on a server, invoking it, and its log.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rds_bridge_test_support::fake_lambda_runtime::{FunctionError, HttpResponse};
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::server::Server;
use serde_json::{Value as Json, json};

use crate::helpers::command::program;
use crate::helpers::live::environment;

/// The named statements of the functions in the tests.
const QUERIES: &str = r#"{
    "by_id": {"sql": "SELECT name, price FROM items WHERE id = ?", "parameters": ["integer"]},
    "by_name": "SELECT name, price FROM items WHERE name = ?",
    "typed": {"sql": "SELECT ? AS i, ? AS n, ? AS t, ? AS b", "parameters": ["integer", "number", "text", "boolean"]},
    "connection": "SELECT CONNECTION_ID() AS id",
    "nowhere": "SELECT * FROM nowhere",
    "slow": "SELECT SLEEP(300)"
}"#;
pub(crate) const AD_HOC: (&str, &str) = ("ALLOW_AD_HOC_SQL", "true");
/// The media type of rows as NDJSON.
pub(crate) const NDJSON: &str = "application/x-ndjson";
pub(crate) const WRITES: (&str, &str) = ("ALLOW_WRITES", "true");

/// The API key of the caller `app`, and the hash of it that the function gets.
pub(crate) const API_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const API_KEYS: (&str, &str) = (
    "API_KEYS",
    "app:sha256:3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9",
);
/// Lets `lambda-user` write.
pub(crate) const GRANT: &str = "GRANT ALL ON iamtest.* TO 'lambda-user'@'%'";

/// Starts a function on a server, with changes to its environment. A change to the empty string removes the variable.
pub(crate) fn start(server: &Server, changes: &[(&'static str, &str)]) -> LambdaFunction {
    let mut variables = environment(server);
    variables.push(("DB_QUERIES", QUERIES.to_owned()));
    start_with(variables, changes)
}

pub(crate) fn start_with(
    mut variables: Vec<(&'static str, String)>,
    changes: &[(&'static str, &str)],
) -> LambdaFunction {
    variables.push(("AWS_EC2_METADATA_DISABLED", "true".to_owned()));
    for (name, value) in changes {
        variables.retain(|(own, _)| own != name);
        if !value.is_empty() {
            variables.push((name, (*value).to_owned()));
        }
    }
    let mut command = Command::new(program("bootstrap"));
    command.env_clear().envs(variables);
    LambdaFunction::start(command)
}

pub(crate) fn items() -> Json {
    json!([
        {"id": 1, "name": "apple", "price": "1.25"},
        {"id": 2, "name": "bread", "price": "3.50"},
        {"id": 3, "name": "cheese", "price": "12.00"},
    ])
}

/// The rows that a direct invocation returns.
#[track_caller]
pub(crate) fn rows(function: &LambdaFunction, event: &Json) -> Json {
    function.invoke(event.to_string()).response().json()
}

/// The connection id, as the server reports it.
#[track_caller]
pub(crate) fn connection_id(function: &LambdaFunction) -> u64 {
    let rows = rows(function, &json!({"query": "connection"}));
    rows[0]["id"].as_u64().unwrap()
}

/// The error of a direct invocation: its type, and the JSON in its message.
#[track_caller]
pub(crate) fn failure(function: &LambdaFunction, event: &Json) -> (String, Json) {
    of_type(&function.invoke(event.to_string()).error())
}

#[track_caller]
pub(crate) fn of_type(error: &FunctionError) -> (String, Json) {
    let kind = error.error_type.strip_prefix("RdsBridge.");
    let kind = kind
        .unwrap_or_else(|| panic!("not ours: {error:?}"))
        .to_owned();
    let failure = error.json();
    assert_eq!(failure["type"], kind);
    assert!(failure["message"].is_string(), "{failure}");
    assert!(failure["requestId"].is_string(), "{failure}");
    (kind, failure)
}

/// How often IAM accounts have logged in.
pub(crate) fn logins(server: &Server) -> usize {
    server
        .error_log()
        .matches("accepted \"lambda-user\"")
        .count()
}

/// Waits for `number` log lines of invocations and returns them.
pub(crate) fn invocation_lines(function: &LambdaFunction, number: usize) -> Vec<Json> {
    function.wait_for_stdout(|text| {
        let (whole, _) = text.rsplit_once('\n')?;
        let lines = whole.lines().map(|line| {
            let parsed = serde_json::from_str(line);
            parsed.unwrap_or_else(|error| panic!("{error}: {line}"))
        });
        let lines: Vec<Json> = lines
            .filter(|line: &Json| line["message"] == "invocation")
            .collect();
        (lines.len() >= number).then_some(lines)
    })
}

/// The event of a Function URL. Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs", "Request payload
/// format".
pub(crate) fn url_request(
    method: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Json {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": query,
        "cookies": ["cookie1", "cookie2"],
        "headers": {
            "x-forwarded-proto": "https",
            "x-forwarded-port": "443",
            "user-agent": "agent",
            "host": "abcdefgh.lambda-url.eu-central-1.on.aws",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefgh",
            "authentication": null,
            "authorizer": {"iam": {
                "accessKey": "AKIAIOSFODNN7EXAMPLE",
                "accountId": "111122223333",
                "callerId": "AIDACKCEVSQ6C2EXAMPLE",
                "cognitoIdentity": null,
                "principalOrgId": null,
                "userArn": "arn:aws:iam::111122223333:user/example-user",
                "userId": "AIDACOSFODNN7EXAMPLE2",
            }},
            "domainName": "abcdefgh.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "abcdefgh",
            "http": {
                "method": method,
                "path": "/my/path",
                "protocol": "HTTP/1.1",
                "sourceIp": "123.123.123.123",
                "userAgent": "agent",
            },
            "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390_u64,
        },
        "pathParameters": null,
        "isBase64Encoded": false,
        "stageVariables": null,
    });
    for (name, value) in headers {
        event["headers"][*name] = json!(value);
    }
    if let Some(body) = body {
        event["body"] = json!(body);
    }
    event
}

/// The event of a request to a path, of a Function URL that has authenticated nothing, with the caller's key as Basic
/// credentials unless `headers` has others.
pub(crate) fn dialect_request(path: &str, headers: &[(&str, &str)], body: &str) -> Json {
    let basic = STANDARD.encode(format!("app:{API_KEY}"));
    let authorization = format!("Basic {basic}");
    let own = [
        ("content-type", "application/json"),
        ("authorization", &*authorization),
    ];
    let mut event = url_request("POST", "", &[&own[..], headers].concat(), Some(body));
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["requestContext"]
        .as_object_mut()
        .unwrap()
        .remove("authorizer");
    event
}

/// Asserts that a parser of the response notices that it is cut off.
#[track_caller]
pub(crate) fn assert_is_not_whole(http: &HttpResponse, accept: &str) {
    let is_json = |text: &str| serde_json::from_str::<Json>(text).is_ok();
    match accept {
        NDJSON => {
            let last = http.text().lines().last().unwrap();
            assert!(!is_json(last), "{last}");
        }
        _ => assert!(!is_json(http.text())),
    }
}
