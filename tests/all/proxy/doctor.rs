//! `rds-bridge doctor --through`: the stages of the way through a running proxy.

use std::process::Output;

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::Value as Json;

use crate::helpers::addresses::free_address;
use crate::helpers::command::{run, stderr, stdout};
use crate::helpers::proxy::Proxy;
use crate::helpers::proxy_files::{ProxyFiles, hash_password};

fn doctor(through: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let arguments = [&["doctor", "--json", "--through", through], arguments].concat();
    run(&arguments, variables, "")
}

fn checks(output: &Output) -> Vec<Json> {
    let report: Json = serde_json::from_str(stdout(output)).unwrap();
    report["checks"].as_array().unwrap().clone()
}

fn outcomes(output: &Output) -> Vec<String> {
    let checks = checks(output);
    let outcome = |check: &Json| {
        let (name, outcome) = (check["check"].as_str(), check["outcome"].as_str());
        format!("{} {}", name.unwrap(), outcome.unwrap())
    };
    checks.iter().map(outcome).collect()
}

/// The check that failed: its detail, and the texts of its causes.
fn failure(output: &Output) -> (String, String) {
    let checks = checks(output);
    let failed = checks.iter().find(|check| check["outcome"] == "failed");
    let failed = failed.unwrap();
    let detail = failed["detail"].as_str().unwrap().to_owned();
    (detail, failed["causes"].to_string())
}

/// A proxy that asks for the password of alice.
struct WithPasswords {
    proxy: Proxy,
    files: ProxyFiles,
}

impl WithPasswords {
    fn start(server: &Server, tls: bool) -> Self {
        let files = ProxyFiles::new();
        let tls = if tls { files.tls("") } else { String::new() };
        files.configure(
            &format!("[callers.alice]\n{}", hash_password("wonderland")),
            &format!("listen = \"127.0.0.1:0\"\nauthentication = \"passwords\"\n{tls}"),
        );
        Self {
            proxy: files.start(server),
            files,
        }
    }

    fn doctor(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        let through = self.proxy.address().to_string();
        let arguments = [&["--tls-server-name", ENDPOINT], arguments].concat();
        doctor(&through, variables, &arguments)
    }
}

#[apply(on_each_server)]
fn each_stage_over_tcp(product: Product) {
    let proxy = Proxy::start(Server::shared(product), &[]);
    let output = doctor(
        &proxy.address().to_string(),
        &[],
        &["--database", "iamtest"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let expected = [
        "settings good",
        "addresses good",
        "TCP good",
        "greeting good",
        "TLS good",
        "login good",
        "SELECT good",
    ];
    assert_eq!(outcomes(&output), expected);
    let checks = checks(&output);
    let greeting = checks[3]["detail"].as_str().unwrap();
    assert!(greeting.contains(", connection "), "{greeting}");
    let select = checks[6]["detail"].as_str().unwrap();
    assert!(select.starts_with("lambda-user@%, server "), "{select}");
    // The proxy's own connection.
    assert!(select.contains(" with TLS_"), "{select}");
    assert!(select.contains(", TLS from the proxy to the database with "));
}

#[cfg(unix)]
#[apply(on_each_server)]
fn each_stage_over_a_unix_socket(product: Product) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mysql.sock").display().to_string();
    let _proxy = Proxy::start(Server::shared(product), &["--unix-socket", &path]);
    let output = doctor(&path, &[], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let expected = [
        "settings good",
        "Unix socket good",
        "greeting good",
        "login good",
        "SELECT good",
    ];
    assert_eq!(outcomes(&output), expected);
}

#[apply(on_each_server)]
fn a_caller_logs_in_inside_tls(product: Product) {
    let listener = WithPasswords::start(Server::shared(product), true);
    let password = [("DB_PASSWORD", "wonderland")];
    let authority = listener.files.text("ca.pem");
    let trusted = ["--username", "alice", "--ca-file", &authority];
    let output = listener.doctor(&password, &trusted);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let checks = checks(&output);
    let tls = checks[4]["detail"].as_str().unwrap();
    assert!(tls.starts_with("TLS 1.3, certificate for "), "{tls}");

    // Without the authority, the certificate is refused.
    let output = listener.doctor(&password, &["--username", "alice"]);
    assert_eq!(output.status.code(), Some(7), "{}", stdout(&output));
    let (_, causes) = failure(&output);
    assert!(causes.contains("give the authority's certificate with --ca-file"));
    assert!(!stdout(&output).contains("wonderland"));
}

#[apply(on_each_server)]
fn a_caller_logs_in_without_tls_on_this_machine(product: Product) {
    let listener = WithPasswords::start(Server::shared(product), false);
    let output = listener.doctor(
        &[("DB_PASSWORD", "wonderland"), ("DB_USER", "alice")],
        &["--database", "iamtest"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));

    for (user, password) in [("alice", "wrong"), ("bob", "wonderland"), ("alice", "")] {
        let output = listener.doctor(&[("DB_PASSWORD", password), ("DB_USER", user)], &[]);
        assert_eq!(output.status.code(), Some(8), "{}", stdout(&output));
        let (detail, causes) = failure(&output);
        let begin = format!("the proxy says: Access denied for user '{user}'");
        assert!(detail.starts_with(&begin), "{detail}");
        assert!(causes.contains("no caller of this name"), "{causes}");
    }
}

#[test]
fn a_database_that_is_down_is_told_as_the_proxy_tells_it() {
    let address = free_address().to_string();
    let server = Server::shared(Product::MySql);
    let proxy = Proxy::start_with(server, &[("DB_CONNECT_TO", &address)], &[]);
    let output = doctor(&proxy.address().to_string(), &[], &[]);
    assert_eq!(output.status.code(), Some(6), "{}", stdout(&output));
    let expected = [
        "settings good",
        "addresses good",
        "TCP good",
        "greeting failed",
        "TLS not reached",
        "login not reached",
        "SELECT not reached",
    ];
    assert_eq!(outcomes(&output), expected);
    let (detail, causes) = failure(&output);
    let begin = "the proxy says: rds-bridge: TCP connection: ";
    assert!(detail.starts_with(begin), "{detail}");
    assert!(causes.contains("nothing listens on port"), "{causes}");
}

#[apply(on_each_server)]
fn a_refused_token_is_told_with_its_causes(product: Product) {
    let wrong = [("AWS_SECRET_ACCESS_KEY", "Zq7-not-the-key")];
    let proxy = Proxy::start_with(Server::shared(product), &wrong, &[]);
    let output = doctor(&proxy.address().to_string(), &[], &[]);
    assert_eq!(output.status.code(), Some(8), "{}", stdout(&output));
    let (detail, causes) = failure(&output);
    assert!(detail.contains("[rds-bridge, stage login]"), "{detail}");
    assert!(!detail.contains("likely cause"), "{detail}");
    assert!(causes.contains("IAM policy"), "{causes}");
    assert!(causes.contains("without --through"), "{causes}");
    assert!(!stdout(&output).contains("Zq7"));
}

#[test]
fn no_credentials_have_the_exit_code_of_the_proxys_machine() {
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let proxy = Proxy::start_with(Server::shared(Product::MySql), &none, &[]);
    let output = doctor(&proxy.address().to_string(), &[], &[]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
}

#[test]
fn a_place_where_no_proxy_listens() {
    let address = free_address().to_string();
    let output = doctor(&address, &[], &[]);
    assert_eq!(output.status.code(), Some(6), "{}", stdout(&output));
    let (_, causes) = failure(&output);
    let remedy = format!("rds-bridge proxy --listen {address}");
    assert!(causes.contains(&remedy), "{causes}");

    let output = doctor("/no/such/mysql.sock", &[], &[]);
    assert_eq!(output.status.code(), Some(6), "{}", stdout(&output));
    assert_eq!(outcomes(&output)[1], "Unix socket failed");
}

#[test]
fn settings_of_the_endpoint_are_the_proxys() {
    let output = doctor("127.0.0.1:1", &[], &["--hostname", "db.example.com"]);
    assert_eq!(output.status.code(), Some(2));
    let problem = "--through and --hostname cannot be used together";
    assert!(stderr(&output).contains(problem), "{}", stderr(&output));
    let output = doctor("nowhere", &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("expected HOST:PORT"));
}
