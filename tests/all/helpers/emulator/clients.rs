//! Third-party clients of the emulator: running them, and refusing them for each reason.

use std::process::{Command, Output};

use rds_bridge::aws::Credentials;
use rds_bridge_emulator::{Emulator, EmulatorBuilder, EventKind};
use tempfile::TempDir;

use super::server::{Environment, Server};
use crate::helpers::command::stderr;

/// Runs a client. Its environment is `environment` and `PATH`.
pub(crate) fn run(command: &mut Command, environment: &Environment) -> Output {
    let path = std::env::var_os("PATH").unwrap();
    let command = command.env_clear().env("PATH", path);
    command.envs(environment).output().unwrap()
}

#[track_caller]
pub(crate) fn assert_success(output: &Output) {
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}\n{}", stderr(output));
}

/// A mistake for which the emulator refuses a login.
struct Mistake {
    /// How the emulator is configured.
    server: fn(EmulatorBuilder) -> EmulatorBuilder,
    /// Changes to the client's environment. An empty value removes the variable.
    client: &'static [(&'static str, &'static str)],
    /// The reason in the log.
    reason: &'static str,
}

const MISTAKES: [Mistake; 9] = [
    Mistake {
        server: |builder| builder,
        client: &[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ],
        reason: r#"signed for the region "eu-west-1" instead of "us-east-1""#,
    },
    Mistake {
        server: |builder| builder,
        client: &[("AWS_SECRET_ACCESS_KEY", "another")],
        reason: "the signature does not match: a different secret access key",
    },
    Mistake {
        server: |builder| builder,
        client: &[("AWS_ACCESS_KEY_ID", "AKIDANOTHER")],
        reason: r#"signed with the access key "AKIDANOTHER" instead of "AKIDEXAMPLE""#,
    },
    Mistake {
        server: |builder| builder,
        client: &[("DB_USER", "Lambda-User")],
        reason: "unknown user; known users: lambda-user (names are case-sensitive",
    },
    Mistake {
        // The certificate is also for localhost, as an alias's certificate may be.
        server: |builder| builder.endpoint("mydb.abc123.us-east-1.rds.amazonaws.com"),
        client: &[("DB_HOST", "localhost")],
        reason: r#"signed for the host "localhost" instead of "mydb.abc123"#,
    },
    Mistake {
        server: |builder| {
            let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
            builder.credentials(
                Credentials::new("AKIDEXAMPLE", key).with_session_token("FwoGZX/+ab=="),
            )
        },
        client: &[("AWS_SESSION_TOKEN", "")],
        reason: "signed without a session token",
    },
    Mistake {
        server: |builder| builder.clock_offset_seconds(20 * 60),
        client: &[],
        reason: "the token expired at ",
    },
    Mistake {
        server: |builder| builder.clock_offset_seconds(-60 * 60),
        client: &[],
        reason: "a clock is wrong",
    },
    Mistake {
        server: |builder| builder.connections_per_second(0),
        client: &[],
        reason: "the token is valid, but there were more new connections in a second",
    },
];

/// Asserts for each mistake that the client gets the same error 1045 and that the log has the reason. `client` returns
/// what the client prints about the error.
pub(crate) fn assert_refused_for_each_mistake(client: impl Fn(&Environment) -> String) {
    for mistake in &MISTAKES {
        let server = Server::with((mistake.server)(Emulator::builder()));
        let mut environment = server.environment();
        for (name, value) in mistake.client {
            match *value {
                "" => environment.remove(*name),
                value => environment.insert((*name).to_owned(), value.to_owned()),
            };
        }
        let said = client(&environment);
        // The emulator records the event before the client has its answer.
        let events = server.emulator.events();
        let [event] = &events[..] else {
            panic!("{}: {events:?}", mistake.reason);
        };
        let EventKind::Refused { code: 1045, reason } = &event.kind else {
            panic!("{}: {event}", mistake.reason);
        };
        assert!(
            reason.contains(mistake.reason),
            "{}: {event}",
            mistake.reason
        );
        let user = &environment["DB_USER"];
        assert_eq!(event.user.as_ref(), Some(user));
        let denied = format!("Access denied for user '{user}'@'127.0.0.1' (using password: YES)");
        for part in ["1045", &denied] {
            assert!(said.contains(part), "{}: {said}", mistake.reason);
        }
        // The client must not learn the reason.
        assert!(!said.contains(mistake.reason), "{said}");
    }
}

/// The certificate of an authority that did not issue the server's.
fn another_ca_file() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, Emulator::start().unwrap().ca_pem()).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (folder, path)
}

/// Asserts that `client` disconnects because of the certificate, and that the log says so.
pub(crate) fn assert_another_authority_is_refused(client: impl Fn(&Environment) -> String) {
    let server = Server::start();
    let (_folder, other) = another_ca_file();
    let mut environment = server.environment();
    environment.insert("DB_CA_FILE".to_owned(), other);
    let said = client(&environment);
    assert!(!said.contains("1045"), "{said}");
    let reason = server.next_reason();
    assert!(reason.starts_with("TLS: "), "{reason}");
}

/// Asserts that `client`, which does not use TLS, is refused with the error of RDS.
pub(crate) fn assert_tls_is_demanded(client: impl Fn(&Environment) -> String) {
    let server = Server::start();
    let said = client(&server.environment());
    let prohibited = "Connections using insecure transport are prohibited";
    assert!(said.contains("3159") && said.contains(prohibited), "{said}");
    assert_eq!(
        server.next_reason(),
        "the client did not use TLS: enable TLS in the client"
    );
}
