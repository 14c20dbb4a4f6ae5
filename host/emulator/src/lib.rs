//! RDS on a laptop: a MySQL server that lets in who has an IAM token, for development and for tests.
//!
//! To a client with a token it behaves as RDS does: it demands TLS, asks for `mysql_clear_password`, verifies
//! the token in full (signature, credentials, host, port, region, user, time), and refuses a bad one with
//! 1045 and not a word more. The true reason is in [`Emulator::events`].
//!
//! ```
//! use rds_bridge_emulator::Emulator;
//!
//! # async fn test() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder()
//!     .seed("CREATE TABLE items (id INT, name VARCHAR(64)); INSERT INTO items VALUES (1, 'apple');")
//!     .start()?;
//!
//! let bridge = emulator.bridge().build().await?; // or any client: see `Emulator::environment`
//! let mut connection = bridge.connect().await?;
//! let mut rows = connection.query("SELECT name FROM items").await?;
//! let row = rows.next().await?.ok_or("no row")?;
//! assert_eq!(row.get::<&str>(0)?, "apple");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test()).unwrap();
//! ```
//!
//! **It is not MySQL.** It has a part of MySQL's SQL ([`sql`]), which SQLite executes. A statement gets the same
//! answer as from MySQL, or an error that says that it is the emulator. Users may do everything. There is
//! one writer at a time: another waits for its commit, and after five seconds gets 1205.
//! How RDS words a refusal for too many new connections is not documented: here it is 1045 too.

mod builder;
mod certificates;
mod collation;
mod column;
mod command_phase;
mod connection_phase;
mod connections;
mod database;
mod event;
mod execute;
mod fault;
mod faulty_stream;
mod functions;
mod json;
mod judge;
mod listener;
mod lock;
mod packets;
mod params;
mod peer;
mod private_folder;
mod rate;
mod result;
mod server_error;
mod session;
pub mod sql;
mod start_error;
mod stranger;
mod temporal;
mod value;
mod wire;

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use secrecy::ExposeSecret;
use tempfile::TempDir;

pub use builder::EmulatorBuilder;
pub use event::{Event, EventKind};
pub use fault::{AuthSwitchTail, Faults, Refusal};
pub use private_folder::private_folder;
pub use start_error::StartError;

use listener::Listener;
use rds_bridge::{Bridge, BridgeBuilder};

/// A running emulator. Dropped, it closes its connections and listens no more.
pub struct Emulator {
    listener: Listener,
    /// Of the database. Fields are dropped in their order: it goes when its connections have been closed.
    _folder: Option<TempDir>,
}

impl Emulator {
    /// Begins with the settings, each of which has a default.
    #[must_use]
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }

    /// Starts one with all defaults: an empty database on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// [`StartError`]
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The name that tokens must be signed for, and that the certificate is for.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.listener.shared().endpoint
    }

    /// The port that tokens must be signed for: the one it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// The certificate of the authority that clients are to trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.listener.ca_pem()
    }

    /// What a client needs to know, under the names that clients look for. `AWS_*` are the credentials that
    /// it accepts; `ca_file` is where the caller has put [`Self::ca_pem`].
    ///
    /// They hold a secret, if the credentials are the caller's own.
    #[must_use]
    pub fn environment(&self, ca_file: &Path) -> Vec<(&'static str, String)> {
        let shared = self.listener.shared();
        let mut environment = vec![
            ("DB_HOST", shared.endpoint.clone()),
            ("DB_PORT", self.port().to_string()),
            ("DB_USER", shared.users.first().cloned().unwrap_or_default()),
            ("DB_NAME", shared.database.name().to_owned()),
            ("DB_CA_FILE", ca_file.display().to_string()),
            ("AWS_REGION", shared.region.clone()),
            // Python's SDK reads this one alone; Lambda sets both.
            ("AWS_DEFAULT_REGION", shared.region.clone()),
        ];
        if shared.endpoint != "localhost" || !self.address().ip().is_loopback() {
            environment.push((
                "DB_CONNECT_TO",
                self.listener.reachable_address().to_string(),
            ));
        }
        let credentials = &shared.credentials;
        environment.push(("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone()));
        let secret = credentials.secret_access_key.expose_secret();
        environment.push(("AWS_SECRET_ACCESS_KEY", secret.to_owned()));
        if let Some(token) = &credentials.session_token {
            environment.push(("AWS_SESSION_TOKEN", token.expose_secret().to_owned()));
        }
        environment
    }

    /// The settings with which a [`Bridge`] connects to it.
    #[must_use]
    pub fn bridge(&self) -> BridgeBuilder {
        let shared = self.listener.shared();
        Bridge::builder()
            .endpoint(&shared.endpoint)
            .port(self.port())
            .connect_to(self.listener.reachable_address().to_string())
            .user(shared.users.first().cloned().unwrap_or_default())
            .database(shared.database.name())
            .region(&shared.region)
            .credentials(shared.credentials.clone())
            .engine(shared.clients_engine.clone())
            .tls_roots(self.listener.roots())
    }

    /// What has happened so far, the oldest first: logins, and why they were refused. The latest 10,000 are
    /// kept.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.listener.shared().events()
    }

    /// From now on, the faults that connections have. Those that are there keep theirs.
    pub fn set_faults(&self, faults: Faults) {
        self.listener.shared().set_faults(faults);
    }

    /// Closes all connections, as a server does that goes down, and takes new ones.
    pub fn disconnect_all(&self) {
        self.listener.shared().connections.close_all();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("endpoint", &self.endpoint())
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) users: Vec<String>,
    pub(crate) credentials: rds_bridge::aws::Credentials,
    pub(crate) clock_offset_seconds: i64,
    pub(crate) version: String,
    /// The judge's. Clients have one of their own: they are not to take its room.
    pub(crate) engine: rds_bridge::component::Engine,
    clients_engine: rds_bridge::component::Engine,
    pub(crate) database: database::Database,
    pub(crate) connections: connections::Connections,
    on_event: Option<event::OnEvent>,
    state: std::sync::Mutex<State>,
}

/// What changes while it runs.
struct State {
    faults: Faults,
    rate: rate::RateLimit,
    events: std::collections::VecDeque<Event>,
}
