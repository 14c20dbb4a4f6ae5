//! Functions whose package has an `access.toml`, and requests of their callers.

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rds_bridge_test_support::fake_lambda_runtime::HttpResponse;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::server::Server;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::function::{API_KEY, dialect_request, start};
use super::gateway::EXECUTE;

pub(crate) const STREAMED: (&str, &str) = ("INVOKE_MODE", "RESPONSE_STREAM");

/// The caller `app` may execute one statement, `signer` the same, `edge` another one. The keys of `other` and of `app`
/// are the same, but `other` has no grant.
pub(crate) const ACCESS: &str = r#"
[[callers.app.grants]]
database = "iamtest"
statements = ["by_id"]

[[callers.signer.grants]]
database = "iamtest"
statements = ["by_id"]

[callers.other]
api_key_sha256 = "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9"

[callers.edge]
identity = "iam:arn:aws:iam::111122223333:role/web/edge"
[[callers.edge.grants]]
database = "iamtest"
statements = ["by_name"]

[callers.user]
identity = "jwt:u1"
"#;

pub(crate) const GRANT_OF_APP: &str = "[[callers.app.grants]]\ndatabase = \"iamtest\"\n";

/// A package with this `access.toml`.
pub(crate) fn package(access: &str) -> TempDir {
    let package = tempfile::tempdir().unwrap();
    fs::write(package.path().join("access.toml"), access).unwrap();
    package
}

pub(crate) fn start_with_access(
    server: &Server,
    access: &str,
    changes: &[(&'static str, &str)],
) -> LambdaFunction {
    let package = package(access);
    let root = package.path().to_str().unwrap();
    let function = start(server, &[&[("LAMBDA_TASK_ROOT", root)], changes].concat());
    // Until then it may read the package.
    let _either = function.wait_for_start();
    function
}

#[track_caller]
pub(crate) fn send(function: &LambdaFunction, event: &Json) -> HttpResponse {
    function.invoke(event.to_string()).response().http()
}

/// Sends a request with the key of a caller.
#[track_caller]
pub(crate) fn post_as(
    function: &LambdaFunction,
    caller: &str,
    path: &str,
    body: &Json,
) -> HttpResponse {
    let basic = BASE64_STANDARD.encode(format!("{caller}:{API_KEY}"));
    let authorization = [("authorization", &*format!("Basic {basic}"))];
    let event = dialect_request(path, &authorization, &body.to_string());
    send(function, &event)
}

pub(crate) fn planetscale(function: &LambdaFunction, caller: &str, sql: &str) -> Json {
    let response = post_as(function, caller, EXECUTE, &json!({ "query": sql }));
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}
