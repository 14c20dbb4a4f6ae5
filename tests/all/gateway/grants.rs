//! Grants: what callers may do, in each dialect.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::helpers::gateway::{Answer, EXECUTE, Gateway};
use crate::helpers::gateway_config::{GatewayConfig, WRITER};

const KEY: &str = "0123456789abcdef";

const STATEMENTS: &str = r#"
[statements.by_id]
sql = "SELECT name FROM items WHERE id = ?"
[statements.by_ids]
sql = "SELECT name FROM items WHERE id IN (?) AND name <> 'x'"
[statements.by_name]
sql = "SELECT id FROM items WHERE name = :name"
"#;

/// Every program of this machine may execute the listed statements in `main`, and any in `other`.
const OF_LOOPBACK: &str = r#"
[gateway]
trust_loopback = true
[callers.loopback]
[[callers.loopback.grants]]
database = "main"
statements = ["by_id", "by_ids", "by_name"]
[[callers.loopback.grants]]
database = "other"
statements = "any"
max_rows = 2
"#;

fn hash() -> String {
    let hash = Sha256::digest(KEY);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A caller with the key [`KEY`] and these grants.
fn caller(name: &str, grants: &str) -> String {
    format!(
        "[callers.{name}]\napi_key_sha256 = \"{}\"\n{grants}\n",
        hash()
    )
}

fn post_as(gateway: &Gateway, caller: &str, path: &str, body: &Json) -> Answer {
    let basic = BASE64_STANDARD.encode(format!("{caller}:{KEY}"));
    let authorization = format!("Basic {basic}");
    gateway.post(
        path,
        &[("Authorization", &authorization)],
        &body.to_string(),
    )
}

/// The end of the message of a statement that was refused.
#[track_caller]
fn refusal(gateway: &Gateway, sql: &str) -> String {
    let answer = gateway.execute(sql, &Json::Null);
    let error = &answer["error"];
    assert_eq!(error["code"], "PERMISSION_DENIED", "{sql}: {answer}");
    error["message"].as_str().unwrap().to_owned()
}

#[apply(on_each_server)]
fn a_client_that_inlines_values_executes_listed_statements(product: Product) {
    let config = GatewayConfig::new(&format!("{STATEMENTS}{OF_LOOPBACK}"));
    let gateway = config.start(Server::shared(product));
    for sql in [
        "SELECT name FROM items WHERE id = 1",
        "SELECT  name\nFROM items WHERE id = -1 -- x",
        "SELECT name FROM items WHERE id IN (1, 2) AND name <> 'x'",
        "SELECT id FROM items WHERE name = 'it\\'s'",
    ] {
        let answer = gateway.execute(sql, &Json::Null);
        assert!(answer.get("error").is_none(), "{sql}: {answer}");
    }
    for sql in [
        "SELECT name FROM items",
        "SELECT name FROM items WHERE id = 1 OR 1 = 1",
        "SELECT name FROM items WHERE id IN (1, 2) AND name <> 'y'",
        "SELECT name FROM items WHERE id = (SELECT 1)",
    ] {
        let message = refusal(&gateway, sql);
        assert!(
            message.contains("does not list this statement"),
            "{message}"
        );
        assert!(
            message.ends_with("(errno 1227) (sqlstate 42000)"),
            "{message}"
        );
    }
    let message = refusal(&gateway, "SELECT name FROM items WHERE id = 1 /*! OR 1 */");
    assert!(message.contains("cannot be compared"), "{message}");
    // A session keeps to the same list, and goes on after a refusal.
    let begun = gateway.execute("BEGIN", &Json::Null);
    let session = &begun["session"];
    let refused = gateway.execute("DELETE FROM items", session);
    assert_eq!(refused["error"]["code"], "PERMISSION_DENIED", "{refused}");
    let read = gateway.execute("SELECT name FROM items WHERE id = 1", session);
    assert!(read.get("error").is_none(), "{read}");
    let ended = gateway.execute("COMMIT", session);
    assert!(ended.get("error").is_none(), "{ended}");
}

fn data_api(gateway: &Gateway, database: &str, sql: &str, more: &Json) -> Answer {
    let mut body = json!({
        "resourceArn": format!("arn:aws:rds:::cluster:{database}"),
        "secretArn": "arn:aws:secretsmanager:any",
        "sql": sql,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    gateway.post("/Execute", &[], &body.to_string())
}

#[apply(on_each_server)]
fn a_client_of_the_data_api_executes_listed_statements(product: Product) {
    let config = GatewayConfig::new(&format!("{STATEMENTS}{OF_LOOPBACK}"));
    let gateway = config.start(Server::shared(product));
    let one = json!({"parameters": [{"name": "key", "value": {"longValue": 1}}]});
    for (sql, more) in [
        ("SELECT name FROM items WHERE id = :key", &one),
        ("SELECT name FROM items WHERE id = 1", &Json::Null),
        (
            "SELECT name FROM items WHERE id = 1",
            &json!({"database": "iamtest"}),
        ),
    ] {
        let answer = data_api(&gateway, "main", sql, more);
        assert_eq!(answer.status, 200, "{sql}: {answer:?}");
    }
    for (database, sql, more, words) in [
        (
            "main",
            "SELECT id FROM items",
            &Json::Null,
            "does not list this statement",
        ),
        (
            "main",
            "SELECT name FROM items WHERE id = 1",
            &json!({"database": "mysql"}),
            "omit the schema",
        ),
        (
            "unknown",
            "SELECT 1",
            &Json::Null,
            "no grant for this database",
        ),
    ] {
        let answer = data_api(&gateway, database, sql, more);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(
            answer.head.contains("x-amzn-errortype: forbiddenexception"),
            "{answer:?}"
        );
        assert!(answer.body.contains(words), "{answer:?}");
    }
    let answer = data_api(&gateway, "other", "SELECT 1", &Json::Null);
    assert_eq!(answer.status, 200, "{answer:?}");
    let rows = "SELECT 1 UNION SELECT 2 UNION SELECT 3";
    let answer = data_api(&gateway, "other", rows, &Json::Null);
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("more than 2 rows"), "{answer:?}");
}

#[track_caller]
fn v1_error(answer: &Answer, status: u16, code: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    let error = answer.json()["error"].clone();
    assert_eq!(error["code"], code, "{answer:?}");
    error["message"].as_str().unwrap().to_owned()
}

#[apply(on_each_server)]
fn v1_has_statements_by_name(product: Product) {
    let config = GatewayConfig::new(&format!("{STATEMENTS}{OF_LOOPBACK}"));
    let gateway = config.start(Server::shared(product));
    let query = |body: &Json| gateway.post("/v1/query", &[], &body.to_string());
    let answer = query(&json!({"query": "by_id", "parameters": [1]}));
    assert_eq!(answer.json(), json!([{"name": "apple"}]));
    let answer = query(&json!({"query": "by_name", "parameters": {"name": "apple"}}));
    assert_eq!(answer.json(), json!([{"id": 1}]));
    let message = v1_error(&query(&json!({"query": "by_nothing"})), 403, 1227);
    assert!(message.contains("no statement with this name"), "{message}");
    let sql = "SELECT name FROM items WHERE id = 1";
    let message = v1_error(&query(&json!({"sql": sql})), 403, 1227);
    assert!(message.contains("send \"query\""), "{message}");
    let message = v1_error(
        &query(&json!({"sql": sql, "database": "unknown"})),
        403,
        1044,
    );
    assert!(message.contains("no grant for this database"), "{message}");
    // Of the other grant: any SQL, all statements, and a limit.
    let answer = query(&json!({"sql": sql, "database": "other"}));
    assert_eq!(answer.json(), json!([{"name": "apple"}]));
    let answer = query(&json!({"query": "by_id", "parameters": [1], "database": "other"}));
    assert_eq!(answer.json(), json!([{"name": "apple"}]));
    let rows = json!({"sql": "SELECT 1 UNION SELECT 2 UNION SELECT 3", "database": "other"});
    let message = v1_error(&query(&rows), 422, 1104);
    assert!(message.contains("more than 2 rows"), "{message}");
    let lines = [("Accept", "application/x-ndjson")];
    let answer = gateway.post("/v1/query", &lines, &rows.to_string());
    v1_error(&answer, 422, 1104);
    let batch = json!({"statements": [{"query": "by_id", "parameters": [1]}, {"query": "by_id", "parameters": [2]}]});
    let answer = gateway.post("/v1/batch", &[], &batch.to_string());
    let expected = json!({"results": [[{"name": "apple"}], [{"name": "bread"}]]});
    assert_eq!(answer.json(), expected);
    let batch = json!({"statements": [{"query": "by_id", "parameters": [1]}, {"sql": sql}]});
    let answer = gateway.post("/v1/batch", &[], &batch.to_string());
    v1_error(&answer, 403, 1227);
    assert_eq!(answer.json()["error"]["statement"], 2);
}

#[apply(on_each_server)]
fn callers_of_one_database_have_each_their_access(product: Product) {
    let server = Server::shared(product);
    server.execute_as_admin(
        "CREATE TABLE IF NOT EXISTS iamtest.grants_of_gateway (id INT PRIMARY KEY);
         DELETE FROM iamtest.grants_of_gateway",
    );
    let grant = |access: &str| {
        format!(
            "[[callers.{access}.grants]]\ndatabase = \"main\"\nuser = \"{WRITER}\"\naccess = \"{access}\"\n\
             statements = \"any\"\n"
        )
    };
    let config = GatewayConfig::new(&format!(
        "{}{}{}",
        caller("read-only", &grant("read-only")),
        caller("read-write", &grant("read-write")),
        caller("stranger", ""),
    ));
    let gateway = config.start(server);
    let insert = |id: u8| json!({"sql": format!("INSERT INTO grants_of_gateway VALUES ({id})")});
    let v1 = |caller: &str, body: &Json| post_as(&gateway, caller, "/v1/query", body);
    v1_error(&v1("read-only", &insert(1)), 405, 1792);
    let answer = v1("read-write", &insert(2));
    assert_eq!(answer.json()["affectedRows"], 1, "{answer:?}");
    v1_error(&v1("read-only", &insert(3)), 405, 1792);
    let count = json!({"sql": "SELECT COUNT(*) AS n, CURRENT_USER() AS u FROM grants_of_gateway"});
    for name in ["read-only", "read-write"] {
        let expected = json!([{"n": 1, "u": format!("{WRITER}@%")}]);
        assert_eq!(v1(name, &count).json(), expected);
    }
    let message = v1_error(&v1("stranger", &count), 403, 1044);
    assert!(message.contains("no grant"), "{message}");
    let refused = post_as(&gateway, "stranger", EXECUTE, &json!({"query": "SELECT 1"}));
    assert_eq!(refused.status, 200, "{refused:?}");
    let error = refused.json()["error"].clone();
    assert_eq!(error["code"], "PERMISSION_DENIED");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .ends_with("(errno 1044) (sqlstate 42000)")
    );
    assert_eq!(
        post_as(&gateway, "unknown", "/v1/query", &count).status,
        401
    );
}

/// The pools of two users share the limit of their database: the one closes its idle connection for the other.
#[apply(on_each_server)]
fn pools_share_the_limit_of_their_database(product: Product) {
    let grant = |name: &str, user: &str| {
        let grant = format!(
            "[[callers.{name}.grants]]\ndatabase = \"small\"\nuser = \"{user}\"\nstatements = \"any\"\n"
        );
        caller(name, &grant)
    };
    let config = GatewayConfig::new(&format!(
        "[databases.small]\nendpoint = \"{}\"\nuser = \"lambda-user\"\nmax_connections = 1\n{}{}",
        rds_bridge_test_support::expectation::ENDPOINT,
        grant("one", "lambda-user"),
        grant("two", WRITER),
    ));
    let gateway = config.start(Server::shared(product));
    let who = json!({"sql": "SELECT CURRENT_USER() AS u"});
    for _ in 0..3 {
        for (name, user) in [("one", "lambda-user"), ("two", WRITER)] {
            let answer = post_as(&gateway, name, "/v1/query", &who);
            assert_eq!(answer.json(), json!([{"u": format!("{user}@%")}]));
        }
    }
}
