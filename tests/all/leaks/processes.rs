//! No secret in logs, reports and output, neither at the most verbose level nor on failure.

use std::process::Command;
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::tls_peer::TlsPeer;
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{run, stdout};
use crate::helpers::live::{block_on, borrowed, environment, to};
use crate::helpers::secret_forms::{SESSION_TOKEN, search, temporary};

#[apply(on_each_server)]
fn the_command_at_its_most_verbose(product: Product) {
    let server = Server::shared(product);
    for arguments in [
        &["query", "SELECT 1"][..],
        &["doctor", "--offline"],
        &["doctor", "--offline", "--json"],
        &["query", "nonsense"],
    ] {
        // The session token makes the login fail, so that the output contains an error of the server.
        for session_token in ["", SESSION_TOKEN] {
            let mut variables = environment(server);
            variables.push(("AWS_SESSION_TOKEN", session_token.to_owned()));
            variables.push(("RDS_BRIDGE_LOG", "trace".to_owned()));
            let output = run(arguments, &borrowed(&variables), "");
            let log = String::from_utf8_lossy(&output.stderr);
            assert!(log.contains("rds_bridge"), "{log}");
            search("the log", &log);
            search("the output", stdout(&output));
        }
    }
}

#[test]
fn a_panic_with_a_full_backtrace() {
    // The peer accepts the login with any token.
    let peer = TlsPeer::start(Vec::new());
    let output = Command::new(env!("CARGO_BIN_EXE_panic-with-secrets"))
        .env("RUST_BACKTRACE", "full")
        .env("DB_HOST", ENDPOINT)
        .env("DB_CONNECT_TO", peer.address().to_string())
        .env("DB_CA_FILE", peer.ca_file())
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        )
        .env("AWS_SESSION_TOKEN", SESSION_TOKEN)
        .env("PASSWORD", PASSWORD)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{said}");
    // The message is complete, and the backtrace contains the library's functions.
    for part in [
        "SigningSteps",
        "ClientHandshake",
        "Connection {",
        "stack backtrace",
        "rds_bridge::bridge::connect",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    search("the panic", &said);
}

/// Collects the log of the thread that asks for it. The library disables rustls's log messages; the build of the tests
/// enables them.
struct LogOf(Mutex<Option<(ThreadId, String)>>);

static LOG: LogOf = LogOf(Mutex::new(None));

impl log::Log for LogOf {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        let collecting = self.0.lock().unwrap();
        matches!(&*collecting, Some((thread, _)) if *thread == thread::current().id())
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        if let Some((_, text)) = &mut *self.0.lock().unwrap() {
            text.push_str(&format!("{} {}\n", record.target(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// A process has one logger, so one test uses both servers in turn.
#[test]
fn what_rustls_logs() {
    log::set_logger(&LOG).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    for product in Product::ALL {
        let server = Server::shared(product);
        *LOG.0.lock().unwrap() = Some((thread::current().id(), String::new()));
        block_on(async {
            // The first login sends its token and is refused. The second one resumes the first one's TLS session.
            let iam = to(server).user("lambda-user").credentials(temporary());
            let bridge = iam.build().await.unwrap();
            for _ in 0..2 {
                assert_eq!(bridge.connect().await.unwrap_err().code(), Some(1045));
            }
            let password = to(server).user("password-user").password(PASSWORD);
            let mut connection = password.build().await.unwrap().connect().await.unwrap();
            connection.execute("SELECT 1", ()).await.unwrap();
            connection.close().await.unwrap();
        });
        let (_, text) = LOG.0.lock().unwrap().take().unwrap();
        assert!(
            text.contains("rustls::client") && text.contains("ClientHello"),
            "{text}"
        );
        search("rustls's log", &text);
    }
}

/// During the TLS handshake, only the sandbox contains the token.
#[cfg(target_os = "linux")]
#[test]
fn the_token_in_the_memory_of_the_process() {
    let output = Command::new(env!("CARGO_BIN_EXE_token-in-memory")).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // The second line shows that the search finds a token outside the sandbox.
    let (before_login, with_text) = stdout(&output).split_once('\n').unwrap();
    let (within, outside) = before_login.split_once(' ').unwrap();
    assert_ne!(within, "0");
    assert_eq!(outside, "0");
    assert!(!with_text.trim_end().ends_with(" 0"), "{with_text}");
}
