//! Callers with grants of `access.toml`, in all dialects.

use rds_bridge_test_support::expectation::REGION;
use rds_bridge_test_support::fake_lambda_runtime::HttpResponse;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::data_api_signature::{Signing, borrowed};
use crate::helpers::function::{API_KEY, API_KEYS, dialect_request, items, rows};
use crate::helpers::function_access::{
    ACCESS, STREAMED, planetscale, post_as, send, start_with_access,
};
use crate::helpers::gateway::EXECUTE;
use crate::helpers::secrets_manager::WithSecrets;

const SIGNING_SECRET: &str = "wJalrXUtnFEMI/K7MDENG";
const BY_ID: &str = "SELECT name, price FROM items WHERE id = 2";

/// Sends a request of the Data API, signed as an AWS SDK signs.
fn data_api(function: &LambdaFunction, caller: &str, sql: &str, parameters: &Json) -> HttpResponse {
    let body = json!({
        "resourceArn": "arn:aws:rds:::cluster:any", "secretArn": "arn:aws:secretsmanager:any",
        "sql": sql, "parameters": parameters,
    })
    .to_string();
    let url = "https://abcdefgh.lambda-url.eu-central-1.on.aws/Execute";
    let signature = Signing::new(caller, SIGNING_SECRET).sign(url, &body);
    let request = dialect_request("/Execute", &borrowed(&signature), &body);
    send(function, &request)
}

/// With the key pairs of the callers `signer` and `stranger` in a secret.
fn function_with_signers(
    product: Product,
    secrets: &WithSecrets,
    test: &str,
    mode: (&'static str, &'static str),
) -> LambdaFunction {
    let text = format!("signer:sigv4:{SIGNING_SECRET}\nstranger:sigv4:{SIGNING_SECRET}\n");
    let name = format!("function/{test}/{}", mode.1);
    let arn = secrets.create(REGION, &name, &text);
    let changes = [
        API_KEYS,
        mode,
        ("API_KEYS_SECRET_ARN", &arn),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.moto.url()),
    ];
    start_with_access(Server::shared(product), ACCESS, &changes)
}

/// Without `ALLOW_AD_HOC_SQL`.
#[apply(on_each_server)]
fn a_caller_executes_what_it_is_granted_and_nothing_else(product: Product) {
    let secrets = WithSecrets::new(product);
    let bread = json!([{"name": "bread", "price": "3.50"}]);
    for mode in [("INVOKE_MODE", "BUFFERED"), STREAMED] {
        let function = function_with_signers(product, &secrets, "granted", mode);
        // PlanetScale: the client writes the values into the statement.
        let reply = planetscale(&function, "app", BY_ID);
        assert_eq!(reply["result"]["rows"][0]["values"], "YnJlYWQzLjUw");
        for sql in [
            "SELECT 1",
            "SELECT name, price FROM items WHERE id = 2 OR 1",
        ] {
            let reply = planetscale(&function, "app", sql);
            assert_eq!(reply["error"]["code"], "PERMISSION_DENIED", "{reply}");
            let message = reply["error"]["message"].as_str().unwrap();
            assert!(
                message.ends_with("(errno 1227) (sqlstate 42000)"),
                "{message}"
            );
        }
        // The Data API.
        let parameters = json!([{"name": "id", "value": {"longValue": 2}}]);
        let sql = "SELECT name, price FROM items WHERE id = :id";
        let response = data_api(&function, "signer", sql, &parameters);
        assert_eq!(
            response.json()["records"],
            json!([[{"stringValue": "bread"}, {"stringValue": "3.50"}]])
        );
        let response = data_api(&function, "signer", "SELECT 1", &json!([]));
        assert_eq!(response.status, 403);
        let kind = response.header("x-amzn-errortype");
        assert_eq!(kind, Some("ForbiddenException"));
        // The gateway's own dialect.
        let named = json!({"query": "by_id", "parameters": [2]});
        let response = post_as(&function, "app", "/v1/query", &named);
        assert_eq!((response.status, response.json()), (200, bread.clone()));
        let body = json!({ "statements": [named] });
        let response = post_as(&function, "app", "/v1/batch", &body);
        assert_eq!(response.json(), json!({ "results": [bread] }));
        for body in [
            json!({"query": "by_name", "parameters": ["bread"]}),
            json!({"query": "nothing"}),
            json!({ "sql": BY_ID }),
        ] {
            let response = post_as(&function, "app", "/v1/query", &body);
            assert_eq!(response.status, 403, "{body}");
            assert_eq!(response.json()["error"]["code"], 1227, "{body}");
        }
        // The function's own form has no grants.
        for body in [json!({}), named] {
            let response = post_as(&function, "app", "/", &body);
            assert_eq!(response.status, 403);
            assert_eq!(response.json()["error"]["type"], "NotServed");
            assert!(response.text().contains("/v1/query"), "{}", response.text());
        }
        // Direct invocations are those of the function's owner.
        assert_eq!(rows(&function, &json!({})), items());
        let log = function.stdout() + &function.stderr();
        assert!(
            !log.contains(SIGNING_SECRET) && !log.contains(API_KEY),
            "{log}"
        );
        assert!(
            !log.contains(API_KEYS.1.rsplit(':').next().unwrap()),
            "{log}"
        );
    }
}

#[apply(on_each_server)]
fn a_caller_without_a_grant_is_denied_in_the_form_of_its_dialect(product: Product) {
    let secrets = WithSecrets::new(product);
    let function = function_with_signers(product, &secrets, "denied", ("INVOKE_MODE", "BUFFERED"));
    let error = planetscale(&function, "other", BY_ID)["error"].take();
    assert_eq!(error["code"], "PERMISSION_DENIED");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.ends_with("(errno 1044) (sqlstate 42000)"),
        "{message}"
    );
    let response = data_api(&function, "stranger", "SELECT 1", &json!([]));
    assert_eq!(response.status, 403);
    assert_eq!(
        response.header("x-amzn-errortype"),
        Some("ForbiddenException")
    );
    let named = json!({"query": "by_id", "parameters": [2]});
    let response = post_as(&function, "other", "/v1/query", &named);
    assert_eq!(
        (response.status, &response.json()["error"]["code"]),
        (403, &json!(1044))
    );
    // The key of the secret is another one.
    let response = post_as(&function, "signer", "/v1/query", &named);
    assert_eq!(response.status, 401);
}

#[test]
fn an_identity_is_that_of_a_caller() {
    let hash = API_KEYS.1.rsplit(':').next().unwrap();
    let without_keys = ACCESS.replace(&format!("api_key_sha256 = \"{hash}\""), "");
    let function = start_with_access(Server::shared(Product::MySql), &without_keys, &[]);
    let session = |role: &str| {
        let arn = format!("arn:aws:sts::111122223333:assumed-role/{role}/session");
        json!({"iam": { "userArn": arn }})
    };
    let subject = |name: &str| json!({"jwt": {"claims": { "sub": name }}});
    let named = json!({"query": "by_name", "parameters": ["bread"]});
    for (authorizer, status, caller) in [
        (session("edge"), 200, "edge"),
        (
            session("other"),
            403,
            "iam:arn:aws:sts::111122223333:assumed-role/other/session",
        ),
        (subject("u1"), 403, "user"),
        (subject("edge"), 403, "jwt:edge"),
        (
            json!({"lambda": {"principalId": "edge"}}),
            403,
            "lambda:edge",
        ),
    ] {
        let mut event = dialect_request("/v1/query", &[], &named.to_string());
        event["requestContext"]["authorizer"] = authorizer;
        let response = send(&function, &event);
        assert_eq!(response.status, status, "{caller}: {}", response.text());
        let logged = format!("\"caller\":\"{caller}\"");
        function.wait_for_stdout(|text| text.contains(&logged).then_some(()));
    }
    // No caller has a key: nothing authenticates the other dialects, and /v1 without an identity.
    let response = post_as(&function, "edge", EXECUTE, &json!({"query": "SELECT 1"}));
    assert_eq!(response.status, 403);
    assert!(
        response.text().contains("api_key_sha256"),
        "{}",
        response.text()
    );
    let response = post_as(&function, "edge", "/v1/query", &named);
    assert_eq!(response.status, 401);
}
