//! The settings of an emulator, and their defaults.

mod seed;

use std::collections::VecDeque;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::backend::{Backend, Resolved};
use super::certificates::Certificates;
use super::connections::Connections;
use super::database::Database;
use super::event::{Event, OnEvent};
use super::fault::Faults;
use super::listener::{Bound, Listener};
use super::private_folder::private_folder;
use super::rate::RateLimit;
use super::{Emulator, Shared, StartError, State, Store};
use rds_bridge::aws::{Credentials, region_of_endpoint};
use rds_bridge::component::{Engine, Ticker};
use rds_bridge::net::host_name;
use seed::Seed;
use tempfile::TempDir;

/// Configures and starts an [`Emulator`]. Each method states its default.
#[derive(Clone)]
pub struct EmulatorBuilder {
    address: SocketAddr,
    endpoint: String,
    region: Option<String>,
    users: Vec<String>,
    database: Option<String>,
    backend: Option<Backend>,
    database_file: Option<PathBuf>,
    seeds: Vec<Seed>,
    credentials: Option<Credentials>,
    clock_offset_seconds: i64,
    connections_per_second: Option<u32>,
    expired_certificate: bool,
    faults: Faults,
    version: Option<String>,
    on_event: Option<OnEvent>,
}

impl EmulatorBuilder {
    pub(super) fn new() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            endpoint: "localhost".to_owned(),
            region: None,
            users: Vec::new(),
            database: None,
            backend: None,
            database_file: None,
            seeds: Vec::new(),
            credentials: None,
            clock_offset_seconds: 0,
            connections_per_second: None,
            expired_certificate: false,
            faults: Faults::default(),
            version: None,
            on_event: None,
        }
    }

    /// Sets the port to listen on. Default: 0, which selects a free port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// Sets the address to listen on. Default: 127.0.0.1, which other machines cannot reach. Any other than a loopback
    /// address requires [`Self::credentials`], because the default ones are public.
    #[must_use]
    pub fn listen_on(mut self, address: IpAddr) -> Self {
        self.address.set_ip(address);
        self
    }

    /// Sets the host name that tokens must be signed for. The certificate is issued for this name, `localhost`,
    /// 127.0.0.1 and `::1`. Default: `localhost`. With the name of an RDS endpoint, clients must be told separately
    /// where to connect.
    #[must_use]
    pub fn endpoint(mut self, name: impl Into<String>) -> Self {
        self.endpoint = name.into();
        self
    }

    /// Sets the region that tokens must be signed for. Default: the region in the endpoint's name, or else
    /// `us-east-1`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Adds a user that may log in with a token. Names are case-sensitive. The first one is the user of
    /// [`Emulator::bridge`] and [`Emulator::environment`]. Default: only `lambda-user`.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.users.push(name.into());
        self
    }

    /// Sets the name of the only database. Default: `iamtest`. With [`Self::backend`], this is only the database that
    /// [`Emulator::environment`] and [`Emulator::bridge`] name, by default none: clients may use any of the backend's.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Executes the statements at a MySQL or MariaDB in place of SQLite. [`Self::seed`], [`Self::seed_file`],
    /// [`Self::database_file`] and [`Self::version`] cannot be set with it. Default: SQLite.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Sets the SQLite file that holds the database; it is created if it does not exist. Default: a temporary file,
    /// which is removed with the emulator.
    #[must_use]
    pub fn database_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.database_file = Some(path.into());
        self
    }

    /// Adds statements to execute at the start, after those that were added before. All seeds are executed in one
    /// transaction: if a statement fails, all are rolled back, and [`Self::start`] fails.
    #[must_use]
    pub fn seed(mut self, sql: impl Into<String>) -> Self {
        self.seeds.push(Seed::Text(sql.into()));
        self
    }

    /// Adds a file of statements, as [`Self::seed`]. The file is read by [`Self::start`]. A UTF-8 byte order mark is
    /// skipped, and UTF-16 is refused.
    #[must_use]
    pub fn seed_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.seeds.push(Seed::File(path.into()));
        self
    }

    /// Sets the credentials that must have signed a token. Default: `AKIDEXAMPLE` with a secret key from AWS's
    /// documentation.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sets how far the emulator's clock is ahead of the machine's, in seconds; a negative number sets it back.
    /// Default: 0.
    #[must_use]
    pub fn clock_offset_seconds(mut self, seconds: i64) -> Self {
        self.clock_offset_seconds = seconds;
        self
    }

    /// Limits the number of logins with new tokens per second. Further ones are refused with 1045; a token that was
    /// accepted in the last 900 seconds does not count again. RDS accepts about 200 per second. Default: no limit.
    #[must_use]
    pub fn connections_per_second(mut self, limit: u32) -> Self {
        self.connections_per_second = Some(limit);
        self
    }

    /// Uses a certificate that expired ten days ago. Default: `false`.
    #[must_use]
    pub fn expired_certificate(mut self, is_expired: bool) -> Self {
        self.expired_certificate = is_expired;
        self
    }

    /// Sets the faults of connections. Default: no faults.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Sets the server version of the initial handshake and of `VERSION()`: 1 to 255 bytes without control characters.
    /// Default: `8.0.39`.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets a function that is called at each [`Event`], on the connection's thread and before the client receives the
    /// reply. By default, no function is called.
    #[must_use]
    pub fn on_event(mut self, call: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Arc::new(call));
        self
    }

    /// Starts the emulator, and returns once it accepts connections.
    ///
    /// # Errors
    ///
    /// [`StartError`]: a setting is invalid, the address cannot be listened on, the certificate, TLS or the component
    /// cannot be set up, the database cannot be opened, or a seed cannot be read or executed.
    pub fn start(mut self) -> Result<Emulator, StartError> {
        let endpoint = self.endpoint.to_ascii_lowercase();
        let credentials = self.credentials.take().unwrap_or_else(example_credentials);
        self.check(&endpoint, &credentials)?;

        // The database comes last, so that the user's file stays unchanged if anything else fails.
        let bound = Bound::to(self.address)?;
        let certificates =
            Certificates::make(certificate_names(&endpoint), self.expired_certificate)?;
        let (engine, clients_engine) = (Engine::on_demand()?, Engine::new()?);
        let ticker = Ticker::start(&engine)?;
        let database_name = self.database_name();
        let (folder, store) = match self.backend.take() {
            Some(backend) => (None, Store::Backend(resolved(backend)?)),
            None => self.open_database()?,
        };

        let shared = Shared {
            region: self.region.unwrap_or_else(|| default_region(&endpoint)),
            endpoint,
            users: match self.users.is_empty() {
                true => vec!["lambda-user".to_owned()],
                false => self.users,
            },
            credentials,
            clock_offset_seconds: self.clock_offset_seconds,
            version: self.version.unwrap_or_else(|| VERSION.to_owned()),
            database_name,
            engine,
            _ticker: ticker,
            clients_engine,
            store,
            connections: Connections::default(),
            on_event: self.on_event,
            state: Mutex::new(State {
                faults: self.faults,
                rate: RateLimit::new(self.connections_per_second),
                events: VecDeque::new(),
            }),
        };
        let listener = Listener::start(bound, shared, certificates)?;
        Ok(Emulator {
            listener,
            _folder: folder,
        })
    }

    fn check(&self, endpoint: &str, credentials: &Credentials) -> Result<(), StartError> {
        check_endpoint(endpoint)?;
        if self.users.iter().any(String::is_empty) {
            return Err(wrong_setting("user", "the name is empty"));
        }
        let is_example = credentials.access_key_id == EXAMPLE_KEY_ID;
        if is_example && !self.address.ip().is_loopback() {
            let problem = "other machines can reach this address, but the example credentials are public: set \
                           EmulatorBuilder::credentials";
            return Err(wrong_setting("listen_on", problem));
        }
        if self.database.as_deref() == Some("") {
            return Err(wrong_setting("database", "the name is empty"));
        }
        self.check_backend()?;
        self.version.as_deref().map_or(Ok(()), check_version)
    }

    /// The backend has its own tables and its own version.
    fn check_backend(&self) -> Result<(), StartError> {
        let conflict = [
            ("seed", !self.seeds.is_empty()),
            ("database_file", self.database_file.is_some()),
            ("version", self.version.is_some()),
        ];
        match conflict.into_iter().find(|(_, is_set)| *is_set) {
            Some((setting, _)) if self.backend.is_some() => {
                let problem = "it has no effect with a backend: omit this setting or the backend";
                Err(wrong_setting(setting, problem))
            }
            _ => Ok(()),
        }
    }

    fn database_name(&self) -> Option<String> {
        match (&self.database, &self.backend) {
            (None, None) => Some(DATABASE.to_owned()),
            (name, _) => name.clone(),
        }
    }

    /// Opens SQLite's database. Returns its temporary folder, if it has one.
    fn open_database(&mut self) -> Result<(Option<TempDir>, Store), StartError> {
        let seeds: Vec<_> = self
            .seeds
            .iter()
            .map(Seed::read)
            .collect::<Result<_, _>>()?;
        let (folder, path) = database_place(self.database_file.take())?;
        let name = self.database.clone().unwrap_or_else(|| DATABASE.to_owned());
        let database = Database::open(name, path)?;
        database.seed(&seeds)?;
        Ok((folder, Store::Sqlite(database)))
    }
}

fn resolved(backend: Backend) -> Result<Resolved, StartError> {
    let resolved = backend.resolve();
    resolved.map_err(|problem| wrong_setting("backend", problem))
}

fn wrong_setting(setting: &'static str, problem: impl Into<String>) -> StartError {
    StartError::Setting {
        setting,
        problem: problem.into(),
    }
}

/// The component refuses other versions when a client connects.
fn check_version(version: &str) -> Result<(), StartError> {
    let is_of_length = (1..=VERSION_LIMIT).contains(&version.len());
    if !is_of_length || version.chars().any(char::is_control) {
        let problem =
            format!("it must be 1 to {VERSION_LIMIT} bytes long and contain no control characters");
        return Err(wrong_setting("version", problem));
    }
    Ok(())
}

fn check_endpoint(endpoint: &str) -> Result<(), StartError> {
    if endpoint.is_empty() {
        return Err(wrong_setting("endpoint", "the name is empty"));
    }
    if endpoint.parse::<IpAddr>().is_ok() {
        let problem =
            "it is an IP address, but tokens are signed for host names, such as localhost";
        return Err(wrong_setting("endpoint", problem));
    }
    host_name::check(endpoint).map_err(|problem| wrong_setting("endpoint", problem.to_string()))
}

/// The region in the name of an RDS endpoint, or else `us-east-1`.
fn default_region(endpoint: &str) -> String {
    region_of_endpoint(endpoint).unwrap_or_else(|| "us-east-1".to_owned())
}

fn certificate_names(endpoint: &str) -> Vec<String> {
    let mut names = vec![endpoint.to_owned()];
    for name in ["localhost", "127.0.0.1", "::1"] {
        if endpoint != name {
            names.push(name.to_owned());
        }
    }
    names
}

/// The path of the database's file, and the temporary folder that holds it, unless the user keeps the file.
fn database_place(file: Option<PathBuf>) -> Result<(Option<TempDir>, PathBuf), StartError> {
    if let Some(path) = file {
        return Ok((None, path));
    }
    let folder = private_folder().map_err(StartError::TemporaryFolder)?;
    let path = folder.path().join("database");
    Ok((Some(folder), path))
}

const VERSION: &str = "8.0.39";
const DATABASE: &str = "iamtest";

/// The longest version in the initial handshake, in bytes.
const VERSION_LIMIT: usize = 255;

const EXAMPLE_KEY_ID: &str = "AKIDEXAMPLE";

/// The credentials of AWS's own examples, which do not belong to an account.
fn example_credentials() -> Credentials {
    Credentials::new(EXAMPLE_KEY_ID, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("address", &self.address)
            .field("endpoint", &self.endpoint)
            .field("users", &self.users)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
