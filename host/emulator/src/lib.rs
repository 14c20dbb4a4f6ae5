//! RDS on a laptop: a MySQL server with IAM authentication, for development and tests.
//!
//! To a client with a token, the emulator behaves as RDS does: it requires TLS, asks for `mysql_clear_password`,
//! verifies the whole token (signature, credentials, host, port, region, user, time), and answers an invalid one with
//! error 1045, which states no reason. The true reason is in [`Emulator::events`].
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
//! **The emulator is not MySQL**, unless it has one as its [`Backend`]. It supports a part of MySQL's SQL ([`sql`]),
//! which it translates for SQLite. A statement gets the same answer as from MySQL, or an error that names the emulator.
//! Every user has all privileges. Only one session writes at a time: another waits until it has committed, and fails
//! with 1205 after five seconds. AWS does not document the error for too many new connections; the emulator uses 1045.

mod backend;
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

pub use backend::Backend;
pub use builder::EmulatorBuilder;
pub use event::{Event, EventKind};
pub use fault::{AuthSwitchTail, Faults, Refusal};
pub use private_folder::private_folder;
pub use start_error::StartError;

use listener::Listener;
use rds_bridge::{Bridge, BridgeBuilder};

/// A running emulator. Dropping it closes its connections and stops listening.
pub struct Emulator {
    listener: Listener,
    /// The folder of the database file, unless the user keeps the file. Fields are dropped in the order of their
    /// declaration: the folder is removed after `listener` has closed the connections that use it.
    _folder: Option<TempDir>,
}

impl Emulator {
    /// Returns a builder. Every setting has a default.
    #[must_use]
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }

    /// Starts an emulator with all defaults: an empty database on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// As [`EmulatorBuilder::start`].
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// The address that the emulator listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The host name that tokens must be signed for. The certificate is issued for it, too.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.listener.shared().endpoint
    }

    /// The port that tokens must be signed for: the one that the emulator listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// The certificate of the authority that clients must trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.listener.ca_pem()
    }

    /// The environment variables with which a client connects: endpoint, port, user, database, region and credentials.
    /// `ca_file` is the path of the file to which the caller has written [`Self::ca_pem`].
    ///
    /// `DB_NAME` is absent if there is a backend and [`EmulatorBuilder::database`] is not set.
    /// `DB_CONNECT_TO` is absent if the endpoint is `localhost` and the emulator listens on a loopback address.
    /// `AWS_SESSION_TOKEN` is absent if the credentials have no session token. The variables contain the secret access
    /// key: keep them secret if the credentials are your own.
    #[must_use]
    pub fn environment(&self, ca_file: &Path) -> Vec<(&'static str, String)> {
        let shared = self.listener.shared();
        let mut environment = vec![
            ("DB_HOST", shared.endpoint.clone()),
            ("DB_PORT", self.port().to_string()),
            ("DB_USER", shared.users.first().cloned().unwrap_or_default()),
        ];
        if let Some(name) = &shared.database_name {
            environment.push(("DB_NAME", name.clone()));
        }
        environment.extend([
            ("DB_CA_FILE", ca_file.display().to_string()),
            ("AWS_REGION", shared.region.clone()),
            // boto3 reads only this variable; Lambda sets both.
            ("AWS_DEFAULT_REGION", shared.region.clone()),
        ]);
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

    /// A builder for a [`Bridge`] to this emulator, with everything set that it needs to connect.
    #[must_use]
    pub fn bridge(&self) -> BridgeBuilder {
        let shared = self.listener.shared();
        let bridge = Bridge::builder()
            .endpoint(&shared.endpoint)
            .port(self.port())
            .connect_to(self.listener.reachable_address().to_string())
            .user(shared.users.first().cloned().unwrap_or_default())
            .region(&shared.region)
            .credentials(shared.credentials.clone())
            .engine(shared.clients_engine.clone())
            .tls_roots(self.listener.roots());
        match &shared.database_name {
            Some(name) => bridge.database(name),
            None => bridge,
        }
    }

    /// The events so far, oldest first: accepted and refused logins, with the true reason. The latest 10,000 are kept.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.listener.shared().events()
    }

    /// Sets the faults of new connections. Connections that are already open keep theirs.
    pub fn set_faults(&self, faults: Faults) {
        self.listener.shared().set_faults(faults);
    }

    /// Closes all open connections, as a server does when it restarts, and continues to accept new ones.
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

/// The state that all connections share.
pub(crate) struct Shared {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) users: Vec<String>,
    pub(crate) credentials: rds_bridge::aws::Credentials,
    pub(crate) clock_offset_seconds: i64,
    pub(crate) version: String,
    /// The database that clients are told to use. With a backend there may be none.
    pub(crate) database_name: Option<String>,
    /// Runs the connection phases of clients and verifies tokens. It is not pooled, because a silent client holds its
    /// instance until the end of its time, and there may be more of them than a pool has instances.
    pub(crate) engine: rds_bridge::component::Engine,
    /// Enforces the deadlines of its calls.
    _ticker: rds_bridge::component::Ticker,
    /// For the clients from [`Emulator::bridge`].
    clients_engine: rds_bridge::component::Engine,
    pub(crate) store: Store,
    pub(crate) connections: connections::Connections,
    on_event: Option<event::OnEvent>,
    state: std::sync::Mutex<State>,
}

/// What executes the statements.
pub(crate) enum Store {
    Sqlite(database::Database),
    Backend(backend::Resolved),
}

/// The part of the shared state that changes while the emulator runs.
struct State {
    faults: Faults,
    rate: rate::RateLimit,
    events: std::collections::VecDeque<Event>,
}
