//! An emulator with the table `items`, the environment of its clients, and its events.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use rds_bridge_component::presign::{self, ConnectRequest, Lifetime};
use rds_bridge_emulator::{Emulator, EmulatorBuilder, Event, EventKind};
use tempfile::TempDir;

/// The environment variables of a client.
pub(crate) type Environment = BTreeMap<String, String>;

/// An emulator with the table `items`, and the file with its authority's certificate.
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

    /// Waits for the next event: a client may break off before the emulator notices.
    pub(crate) fn next_event(&self) -> EventKind {
        self.events.lock().unwrap().recv().unwrap().kind
    }

    /// Why the next client was refused or broke off, as in the log.
    pub(crate) fn next_reason(&self) -> String {
        match self.next_event() {
            EventKind::Refused { reason, .. } | EventKind::BrokenOff { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Asserts that there were logins, and that every client so far was accepted.
    #[track_caller]
    pub(crate) fn assert_all_were_let_in(&self) {
        let events = self.emulator.events();
        let is_login = |event: &Event| matches!(event.kind, EventKind::Accepted { .. });
        assert!(
            !events.is_empty() && events.iter().all(is_login),
            "{events:?}"
        );
    }
}

/// The path of a file in `tests`.
pub(crate) fn test_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The token for the environment's settings, signed so many seconds ago.
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
