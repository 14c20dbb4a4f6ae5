//! Several callers of one configuration file, each with its own grants, limits and idempotency keys.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::time_limits::long;
use crate::helpers::data_api_signature::{Signing, borrowed};
use crate::helpers::gateway::{Answer, EXECUTE, Gateway, until_executes};
use crate::helpers::gateway_config::{GatewayConfig, WRITER};

pub(super) const DIALECTS: [&str; 3] = [EXECUTE, "/v1/query", "/Execute"];

/// The API key of a caller, which is its secret access key too.
fn key(caller: &str) -> String {
    format!("key-of-{caller}-0123456789")
}

/// Callers with credentials for all dialects.
pub(super) struct Callers {
    pub(super) config: GatewayConfig,
    /// The files of their secret access keys.
    _secrets: TempDir,
}

impl Callers {
    /// Each has a name, and the settings of its grants.
    pub(super) fn new(settings: &str, callers: &[(&str, &[&str])]) -> Self {
        let secrets = tempfile::tempdir().unwrap();
        let mut text = settings.to_owned();
        for (name, grants) in callers {
            let file = secrets.path().join(name);
            std::fs::write(&file, key(name)).unwrap();
            let hash = Sha256::digest(key(name));
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            text.push_str(&format!(
                "[callers.{name}]\napi_key_sha256 = \"{hash}\"\nsigv4_secret_file = \"{}\"\n",
                file.display()
            ));
            for grant in *grants {
                text.push_str(&format!("[[callers.{name}.grants]]\n{grant}\n"));
            }
        }
        Self {
            config: GatewayConfig::new(&text),
            _secrets: secrets,
        }
    }
}

/// Executes a statement in a dialect, as a caller.
pub(super) fn execute(
    gateway: &Gateway,
    caller: &str,
    path: &str,
    database: &str,
    sql: &str,
) -> Answer {
    let body = match path {
        EXECUTE => json!({"query": sql}),
        "/v1/query" => json!({"sql": sql, "database": database}),
        _ => json!({"sql": sql, "resourceArn": format!("arn:aws:rds:::cluster:{database}")}),
    };
    let body = body.to_string();
    match path {
        "/Execute" => post_signed(gateway, caller, &body, SystemTime::now()),
        _ => gateway.post(path, &[("Authorization", &basic(caller))], &body),
    }
}

pub(super) fn basic(caller: &str) -> String {
    let credentials = format!("{caller}:{}", key(caller));
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

pub(super) fn post_signed(gateway: &Gateway, caller: &str, body: &str, at: SystemTime) -> Answer {
    let secret = key(caller);
    let mut signing = Signing::new(caller, &secret);
    signing.at = at;
    let signature = signing.sign(&format!("{}/Execute", gateway.url()), body);
    gateway.post("/Execute", &borrowed(&signature), body)
}

/// The number of MySQL's error in an answer of a dialect; `None` if there is no error.
fn error_number(path: &str, answer: &Answer) -> Option<u64> {
    let json = answer.json();
    let number_after = |text: &Json, before: &str| {
        let (_, after) = text.as_str()?.rsplit_once(before)?;
        let end = after.find(|it: char| !it.is_ascii_digit());
        after[..end.unwrap_or(after.len())].parse().ok()
    };
    match path {
        EXECUTE => number_after(&json["error"]["message"], "(errno "),
        "/v1/query" => json["error"]["code"].as_u64(),
        _ => number_after(&json["message"], "; Error code: "),
    }
}

const BY_ID: &str = "[statements.by_id]\nsql = \"SELECT name FROM items WHERE id = ?\"\n";

#[apply(on_each_server)]
fn callers_of_one_file_have_each_their_grants(product: Product) {
    let server = Server::shared(product);
    let table = format!("configured_callers_{}", product.name());
    let any = "database = \"main\"\nstatements = \"any\"";
    let writes = format!("{any}\nuser = \"{WRITER}\"\naccess = \"read-write\"");
    let callers = Callers::new(
        BY_ID,
        &[
            ("reader", &[any]),
            ("writer", &[&writes]),
            ("named", &["database = \"main\"\nstatements = [\"by_id\"]"]),
            ("elsewhere", &["database = \"other\"\nstatements = \"any\""]),
            ("nothing", &[]),
        ],
    );
    let gateway = callers.config.start(server);
    server.execute_as_admin(&format!("CREATE TABLE iamtest.{table} (a INT)"));
    let insert = format!("INSERT INTO {table} VALUES (1)");
    let by_id = "SELECT name FROM items WHERE id = 1";
    // Who may read, who may execute the listed statement, and who may write.
    for (caller, reads, lists, has_writes) in [
        ("reader", true, true, false),
        ("writer", true, true, true),
        ("named", false, true, false),
        ("elsewhere", false, false, false),
        ("nothing", false, false, false),
    ] {
        for path in DIALECTS {
            if caller == "elsewhere" && path == EXECUTE {
                // The dialect names no database, so that the caller gets its own.
                continue;
            }
            // SQL that is listed is a name in /v1.
            let lists = lists && (path != "/v1/query" || reads);
            for (sql, is_allowed) in [
                ("SELECT 1", reads),
                (by_id, lists),
                (&*insert, reads && has_writes),
            ] {
                // A caller with one grant has every ARN.
                let is_allowed =
                    is_allowed || (caller == "elsewhere" && path == "/Execute" && sql != insert);
                let answer = execute(&gateway, caller, path, "main", sql);
                let json = answer.json();
                let has_failed = answer.status != 200 || json.get("error").is_some();
                assert_eq!(!has_failed, is_allowed, "{caller} {path} {sql}: {answer:?}");
                if has_failed && sql != insert {
                    let is_forbidden =
                        answer.status == 403 || json["error"]["code"] == "PERMISSION_DENIED";
                    assert!(is_forbidden, "{caller} {path} {sql}: {answer:?}");
                }
            }
        }
    }
    // Once for each dialect, by the writer.
    let count = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(count, "3\n");
    server.execute_as_admin(&format!("DROP TABLE iamtest.{table}"));
    // The key of one is not that of another.
    let credentials = format!("reader:{}", key("writer"));
    let stolen = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let headers = [("Authorization", &*stolen)];
    let answer = gateway.post("/v1/query", &headers, "{\"sql\": \"SELECT 1\"}");
    assert_eq!(answer.status, 401, "{answer:?}");
}

/// A limit of one is not reached by another.
#[test]
fn callers_have_each_their_limits() {
    let grant = |limit: &str| format!("database = \"main\"\nstatements = \"any\"\n{limit}");
    let (slow, free) = (grant("requests_per_second = 1"), grant(""));
    let callers = Callers::new("", &[("slow", &[&slow]), ("free", &[&free])]);
    let gateway = callers.config.start(Server::shared(Product::MySql));
    for path in DIALECTS {
        let send = |caller| execute(&gateway, caller, path, "main", "SELECT 1");
        let answers: Vec<Answer> = (0..5).map(|_| send("slow")).collect();
        let limited: Vec<&Answer> = answers.iter().filter(|it| it.status == 429).collect();
        assert!(!limited.is_empty(), "{path}: {answers:?}");
        for answer in limited {
            assert!(answer.head.contains("retry-after: 1\r\n"), "{answer:?}");
        }
        for _ in 0..5 {
            assert_eq!(send("free").status, 200);
        }
    }
}

#[test]
fn a_clock_that_is_wrong_is_named() {
    let grant = "database = \"main\"\nstatements = \"any\"";
    let callers = Callers::new("", &[("app", &[grant])]);
    let gateway = callers.config.start(Server::shared(Product::MySql));
    let body = json!({"resourceArn": "any", "sql": "SELECT 1"}).to_string();
    let now = SystemTime::now();
    let (minutes, days) = (Duration::from_secs(360), Duration::from_secs(3 * 86_400));
    for at in [now - minutes, now + minutes, now - days, now + days] {
        let answer = post_signed(&gateway, "app", &body, at);
        assert_eq!(answer.status, 403, "{answer:?}");
        // SDKs then correct their clock by the header Date.
        let of_error = "x-amzn-errortype: invalidsignatureexception\r\n";
        assert!(answer.head.contains(of_error), "{answer:?}");
        assert!(answer.head.contains("\r\ndate: "), "{answer:?}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains("than 5 minutes: correct the clock"),
            "{message}"
        );
    }
    // None of them was a guess of the key.
    let answer = post_signed(&gateway, "app", &body, SystemTime::now());
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[apply(on_each_server)]
fn an_idempotency_key_is_its_callers(product: Product) {
    let server = Server::shared(product);
    let table = format!("configured_keys_{}", product.name());
    let page = include_str!("../../../docs/gateway.md");
    let (_, after) = page.split_once("CREATE TABLE idempotency_keys (").unwrap();
    let (columns, _) = after.split_once(';').unwrap();
    server.execute_as_admin(&format!(
        "CREATE TABLE iamtest.{table}_keys ({columns}; CREATE TABLE iamtest.{table} (a INT) ENGINE=InnoDB"
    ));
    let grant = format!(
        "database = \"main\"\nstatements = \"any\"\nuser = \"{WRITER}\"\naccess = \"read-write\""
    );
    let settings = format!("[gateway]\nidempotency_table = \"iamtest.{table}_keys\"\n");
    let callers = Callers::new(&settings, &[("one", &[&grant]), ("two", &[&grant])]);
    let gateway = callers.config.start(server);
    let send = |caller: &str, body: &Json| {
        let basic = basic(caller);
        let headers = [
            ("Authorization", &*basic),
            ("Idempotency-Key", "\"the-same\""),
        ];
        gateway.post("/v1/query", &headers, &body.to_string())
    };
    let insert = json!({"sql": format!("INSERT INTO {table} VALUES (7)")});
    for is_repeated in [false, true] {
        for caller in ["one", "two"] {
            let answer = send(caller, &insert);
            assert_eq!(answer.status, 200, "{answer:?}");
            let has_header = answer.head.contains("idempotent-replayed: true");
            assert_eq!(has_header, is_repeated, "{caller}: {answer:?}");
        }
    }
    // Another request with the key is refused to the one who has used it, and tells nothing to others.
    let select = json!({"sql": "SELECT CURRENT_USER() AS hunter2"});
    assert_eq!(send("one", &select).status, 422);
    let count = server.execute_as_admin(&format!("SELECT COUNT(*) FROM iamtest.{table}"));
    assert_eq!(count, "2\n");
    let drop = format!("DROP TABLE iamtest.{table}, iamtest.{table}_keys");
    server.execute_as_admin(&drop);
}

#[apply(on_each_server)]
fn a_result_has_the_bytes_of_the_grant(product: Product) {
    let grant = "database = \"main\"\nstatements = \"any\"\nmax_bytes = 5000";
    let callers = Callers::new("", &[("app", &[grant])]);
    let gateway = callers.config.start(Server::shared(product));
    let rows = |number: u32| {
        format!(
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {number}) \
             SELECT REPEAT('x', 100) AS x FROM n"
        )
    };
    for path in DIALECTS {
        let answer = execute(&gateway, "app", path, "main", &rows(20));
        let json = answer.json();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(json.get("error").is_none(), "{path}: {json}");
        let answer = execute(&gateway, "app", path, "main", &rows(100));
        assert!(
            answer.body.contains("larger than 5000 bytes"),
            "{path}: {answer:?}"
        );
        if path == EXECUTE {
            assert_eq!(error_number(path, &answer), Some(1153));
        } else {
            let status = if path == "/v1/query" { 422 } else { 400 };
            assert_eq!(answer.status, status, "{path}: {answer:?}");
        }
    }
    // Also of a stream, whose first piece is longer.
    let basic = basic("app");
    let headers = [
        ("Authorization", &*basic),
        ("Accept", "application/x-ndjson"),
    ];
    let body = json!({"sql": rows(100)}).to_string();
    let answer = gateway.post("/v1/query", &headers, &body);
    assert_eq!(answer.status, 422, "{answer:?}");
}

#[apply(on_each_server)]
fn a_statement_has_the_seconds_of_the_grant(product: Product) {
    let server = Server::shared(product);
    let grant = "database = \"main\"\nstatements = \"any\"\nmax_seconds = 1";
    let callers = Callers::new("", &[("app", &[grant])]);
    let gateway = callers.config.start(server);
    for path in DIALECTS {
        let name = format!("configured_seconds_{}", path.len());
        let answer = execute(&gateway, "app", path, "main", &long(&name));
        assert!(
            answer.body.contains("the statement took longer than 1 s"),
            "{path}: {answer:?}"
        );
        if path == "/Execute" {
            let of_error = "x-amzn-errortype: statementtimeoutexception\r\n";
            assert!(answer.head.contains(of_error), "{answer:?}");
        } else {
            assert_eq!(error_number(path, &answer), Some(3024), "{answer:?}");
        }
        until_executes(server, &name, false);
        let answer = execute(&gateway, "app", path, "main", "SELECT 1");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
