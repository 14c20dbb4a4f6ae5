//! Clients that others wrote, and our own, against the emulator: let in, or refused for the right reason.

mod mariadb;
mod mysql2;
mod mysql_async;
mod our_own;
mod pymysql;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use rds_bridge::aws::Credentials;
use rds_bridge_component::presign::{self, ConnectRequest, Lifetime};
use rds_bridge_emulator::{Emulator, EmulatorBuilder, Event, EventKind};
use tempfile::TempDir;

/// What a client finds in its environment.
pub(crate) type Environment = BTreeMap<String, String>;

/// An emulator with the items, and the file of its authority's certificate.
pub(crate) struct Server {
    pub(crate) emulator: Emulator,
    events: Mutex<Receiver<Event>>,
    ca_file: PathBuf,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(Emulator::builder())
    }

    pub(crate) fn with(builder: EmulatorBuilder) -> Self {
        let (sender, events) = channel();
        let emulator = builder
            .seed_file(test_file("schema.sql"))
            .on_event(move |event| sender.send(event.clone()).unwrap_or_default())
            .start()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, emulator.ca_pem()).unwrap();
        Self {
            emulator,
            events: Mutex::new(events),
            ca_file,
            _folder: folder,
        }
    }

    pub(crate) fn environment(&self) -> Environment {
        let variables = self.emulator.environment(&self.ca_file).into_iter();
        variables
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// What happened next: waited for, as a client that breaks off is gone before the server sees it.
    pub(crate) fn next_event(&self) -> EventKind {
        self.events.lock().unwrap().recv().unwrap().kind
    }

    /// Why the next client was not let in, as the log says it.
    pub(crate) fn next_reason(&self) -> String {
        match self.next_event() {
            EventKind::Refused { reason, .. } | EventKind::BrokenOff { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    /// That every client so far was let in, and that there were some.
    #[track_caller]
    fn assert_all_were_let_in(&self) {
        let events = self.emulator.events();
        let is_login = |event: &Event| matches!(event.kind, EventKind::Accepted { .. });
        assert!(
            !events.is_empty() && events.iter().all(is_login),
            "{events:?}"
        );
    }
}

/// A file of `tests`.
pub(crate) fn test_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Runs a client with nothing in its environment but that, and where programs are.
fn run(command: &mut Command, environment: &Environment) -> Output {
    let path = std::env::var_os("PATH").unwrap();
    let command = command.env_clear().env("PATH", path);
    command.envs(environment).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn assert_success(output: &Output) {
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}\n{}", stderr(output));
}

/// The token that the environment's settings make, signed so many seconds ago.
pub(crate) fn token(environment: &Environment, seconds_ago: u64) -> String {
    let variable = |name: &str| environment.get(name).cloned();
    let credentials = presign::Credentials::new(
        environment["AWS_ACCESS_KEY_ID"].clone(),
        environment["AWS_SECRET_ACCESS_KEY"].clone(),
        variable("AWS_SESSION_TOKEN"),
        None,
    );
    let request = ConnectRequest::new(
        &environment["DB_HOST"],
        environment["DB_PORT"].parse().unwrap(),
        environment["AWS_REGION"].clone(),
        environment["DB_USER"].clone(),
    );
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let lifetime = Lifetime::new(now - seconds_ago, 900).unwrap();
    let token = presign::presign(&credentials.unwrap(), &request.unwrap(), lifetime);
    token.unwrap().text.into_exposed()
}

/// A way to be refused.
struct Mistake {
    /// How the server is set up for it.
    server: fn(EmulatorBuilder) -> EmulatorBuilder,
    /// What is wrong in the client's environment; a variable that is empty is not set.
    client: &'static [(&'static str, &'static str)],
    /// What the log says.
    reason: &'static str,
}

const MISTAKES: [Mistake; 9] = [
    Mistake {
        server: |builder| builder,
        client: &[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ],
        reason: r#"signed for the region "eu-west-1" and not for "us-east-1""#,
    },
    Mistake {
        server: |builder| builder,
        client: &[("AWS_SECRET_ACCESS_KEY", "another")],
        reason: "the signature does not match: another secret access key",
    },
    Mistake {
        server: |builder| builder,
        client: &[("AWS_ACCESS_KEY_ID", "AKIDANOTHER")],
        reason: r#"signed with the access key "AKIDANOTHER" and not with "AKIDEXAMPLE""#,
    },
    Mistake {
        server: |builder| builder,
        client: &[("DB_USER", "Lambda-User")],
        reason: "no such user; there is lambda-user, and case counts",
    },
    Mistake {
        // Its certificate is for localhost too, as an alias's may be.
        server: |builder| builder.endpoint("mydb.abc123.us-east-1.rds.amazonaws.com"),
        client: &[("DB_HOST", "localhost")],
        reason: r#"signed for the host "localhost" and not for the endpoint's own name"#,
    },
    Mistake {
        server: |builder| {
            let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
            builder.credentials(
                Credentials::new("AKIDEXAMPLE", key).with_session_token("FwoGZX/+ab=="),
            )
        },
        client: &[("AWS_SESSION_TOKEN", "")],
        reason: "signed without the session token",
    },
    Mistake {
        server: |builder| builder.clock_offset_seconds(20 * 60),
        client: &[],
        reason: "expired since ",
    },
    Mistake {
        server: |builder| builder.clock_offset_seconds(-60 * 60),
        client: &[],
        reason: "a clock is off",
    },
    Mistake {
        server: |builder| builder.connections_per_second(0),
        client: &[],
        reason: "the token is good, but too many new connections came within a second",
    },
];

/// `client` gives what it says of the error. It hears the same each time, and the log says why.
fn assert_refused_for_each_mistake(client: impl Fn(&Environment) -> String) {
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
        // It is there when the client has its answer.
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
        // The reason is the server's alone.
        assert!(!said.contains(mistake.reason), "{said}");
    }
}

/// The certificate of an authority that has signed nothing here.
fn another_ca_file() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, Emulator::start().unwrap().ca_pem()).unwrap();
    let path = file.to_str().unwrap().to_owned();
    (folder, path)
}

/// `client` hangs up over the certificate, and the log says so.
fn assert_another_authority_is_refused(client: impl Fn(&Environment) -> String) {
    let server = Server::start();
    let (_folder, other) = another_ca_file();
    let mut environment = server.environment();
    environment.insert("DB_CA_FILE".to_owned(), other);
    let said = client(&environment);
    assert!(!said.contains("1045"), "{said}");
    let reason = server.next_reason();
    assert!(reason.starts_with("TLS: "), "{reason}");
}

/// `client` asks for no TLS, and is told what RDS tells it.
fn assert_tls_is_demanded(client: impl Fn(&Environment) -> String) {
    let server = Server::start();
    let said = client(&server.environment());
    let prohibited = "Connections using insecure transport are prohibited";
    assert!(said.contains("3159") && said.contains(prohibited), "{said}");
    assert_eq!(
        server.next_reason(),
        "without TLS: switch it on in the client"
    );
}
