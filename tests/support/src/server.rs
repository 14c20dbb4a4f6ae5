//! A MySQL or a MariaDB of the test's own, which checks IAM tokens as RDS does.
//!
//! | account | logs in with | may |
//! |---|---|---|
//! | `lambda-user` | an IAM token, over TLS | read `iamtest` |
//! | `no-grant` | an IAM token, over TLS | nothing |
//! | `password-user` | [`PASSWORD`], by `caching_sha2_password`; on MariaDB by `mysql_native_password` | read `iamtest` |
//! | `ed25519-user`, on MariaDB | [`PASSWORD`], by `client_ed25519` | read `iamtest` |
//! | `admin` | [`PASSWORD`], as `password-user` | everything |
//!
//! There is no other. The table `iamtest.items (id INT, name VARCHAR(64), price DECIMAL(10,2))` has
//! three rows: 1 apple 1.25, 2 bread 3.50, 3 cheese 12.00.
//!
//! A token is good if it is as the [`Expectation`] says. To a client of a bad one the server says 1045
//! as RDS does; the true reason is in [`Server::error_log`].

mod data_directory;
mod plugins;
mod product;
mod sequence;
mod watchdog;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::certificates::{Authority, ServerCertificate};
use crate::expectation::Expectation;
pub use product::Product;
use watchdog::Watchdog;

/// Of every account that has one.
pub const PASSWORD: &str = "correct horse battery staple";

const START_LIMIT: Duration = Duration::from_secs(60);

/// The server's side of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Whatever the server's library offers by default: TLS 1.2 and 1.3.
    #[default]
    On,
    /// None is offered.
    Off,
    /// As in the server's option `tls_version`: `TLSv1.2` for example. Lower ones than 1.2 are made
    /// possible, against the system's policy.
    Versions(String),
}

/// How a server is to be started. The default has TLS and a good certificate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether it offers TLS.
    pub tls: Tls,
    /// What it shows for a certificate.
    pub certificate: ServerCertificate,
    /// As which version a MariaDB greets: `8.0.39` for a MySQL 8. Its own if not given.
    pub version: Option<String>,
    /// What it takes for a good token at first.
    pub expectation: Expectation,
    /// Further arguments for the server, which win: `--max-allowed-packet=1M`.
    pub arguments: Vec<String>,
}

/// A running server. Dropped, it is gone with all its files.
#[derive(Debug)]
pub struct Server {
    product: Product,
    port: u16,
    /// Its folder is removed by the watchdog, and by itself should that fail.
    watchdog: Mutex<Watchdog>,
    folder: TempDir,
}

impl Server {
    /// Starts a server, and returns when it takes connections.
    ///
    /// # Panics
    ///
    /// If the product is not in place or does not start; the message holds its error log.
    #[must_use]
    pub fn start(product: Product, options: &Options) -> Self {
        // Between the choice of a free port and its use, somebody else may take it.
        for _ in 0..4 {
            match Self::try_start(product, options) {
                Ok(server) => return server,
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("{} did not start:\n{log}", product.name()),
            }
        }
        panic!("no port stayed free");
    }

    /// A server with all defaults that all tests of the process share. Leave it as it is: a test that
    /// changes what is expected, or the data, starts its own.
    #[must_use]
    pub fn shared(product: Product) -> &'static Self {
        static MYSQL: OnceLock<Server> = OnceLock::new();
        static MARIA_DB: OnceLock<Server> = OnceLock::new();
        let shared = match product {
            Product::MySql => &MYSQL,
            Product::MariaDb => &MARIA_DB,
        };
        shared.get_or_init(|| Self::start(product, &Options::default()))
    }

    fn try_start(product: Product, options: &Options) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("rds-bridge-")
            .tempdir()
            .unwrap();
        let at = |name: &str| folder.path().join(name);
        data_directory::put_at(&at(DATA), product);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);

        let mut command = product.server();
        command
            .arg("--bind-address=127.0.0.1")
            .args(product.start_arguments())
            // Connections that a test breaks off must not make the server refuse later ones.
            .arg("--skip-name-resolve")
            .args(["--innodb-buffer-pool-size=16M", "--table-open-cache=100"])
            // Nothing has to outlast a power failure.
            .arg("--innodb-flush-log-at-trx-commit=0")
            .arg(format!("--port={port}"))
            .arg(format!("--datadir={}", at(DATA).display()))
            .arg(format!("--socket={}", at(SOCKET).display()))
            .args(data_directory::user_argument(folder.path()))
            .args(plugins::put_into(&at("plugins"), product))
            .args(product.data_arguments())
            .env("AWS_AUTHENTICATION_PLUGIN_SETTINGS", at(SETTINGS));
        if let Some(version) = &options.version {
            assert_eq!(product, Product::MariaDb, "MySQL has no such option");
            command.arg(format!("--version={version}"));
        }
        tls(&mut command, folder.path(), product, options);
        command.args(&options.arguments);
        options.expectation.write(&at(SETTINGS));

        let watchdog = Mutex::new(Watchdog::start(&command, folder.path(), &at(LOG)));
        let server = Self {
            product,
            port,
            watchdog,
            folder,
        };
        server.wait_until_ready().map(|()| server)
    }

    /// # Errors
    ///
    /// The log, if that says that the server gives up.
    fn wait_until_ready(&self) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            let log = self.error_log();
            if log.contains("ready for connections") {
                return Ok(());
            }
            if log.contains("[ERROR] Aborting") || begin.elapsed() > START_LIMIT {
                return Err(log);
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn product(&self) -> Product {
        self.product
    }

    /// Where it listens, at 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The certificate of the authority that a client is to trust, as PEM. It is there without TLS, too.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(CA)
    }

    /// From now on, what is a good token. Connections that are there stay.
    pub fn expect(&self, expectation: &Expectation) {
        expectation.write(&self.folder.path().join(SETTINGS));
    }

    /// Runs statements as `admin`, and gives the rows as the client's `--batch` prints them: a line a row,
    /// tabulators between the values, without the columns' names.
    ///
    /// # Panics
    ///
    /// If the server refuses one of them.
    pub fn execute_as_admin(&self, sql: &str) -> String {
        let output = self.run_client("admin", PASSWORD, sql);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {complaint}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Logs in by a password, and out again.
    ///
    /// # Panics
    ///
    /// If the server refuses it.
    pub fn log_in(&self, user: &str, password: &str) {
        let output = self.run_client(user, password, "DO 1");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
    }

    fn run_client(&self, user: &str, password: &str, sql: &str) -> Output {
        let socket = self.folder.path().join(SOCKET);
        self.product
            .client()
            .args(["--batch", "--skip-column-names"])
            .arg("--default-character-set=utf8mb4")
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--user={user}"))
            .args(["--execute", sql])
            .env("MYSQL_PWD", password)
            .output()
            .expect("its client")
    }

    /// Ends all connections of a user, as an operator does.
    ///
    /// # Panics
    ///
    /// If the server refuses it.
    pub fn kill_connections_of(&self, user: &str) {
        let connections = self.execute_as_admin(&format!(
            "SELECT id FROM information_schema.processlist WHERE user = '{user}'"
        ));
        for id in connections.lines() {
            self.execute_as_admin(&format!("KILL {id}"));
        }
    }

    /// All that the server has logged, with a line for each login of an account with IAM:
    /// `[AWSAuthenticationPlugin] accepted "lambda-user" with 421 bytes`, or `refused` and the reason.
    #[must_use]
    pub fn error_log(&self) -> String {
        let bytes = fs::read(self.folder.path().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Kills it, as a power failure would: its connections end, nothing listens any more. The log can
    /// still be read.
    pub fn kill(&self) {
        self.watchdog.lock().unwrap().kill();
    }
}

const CA: &str = "ca.pem";
const DATA: &str = "data";
const LOG: &str = "error.log";
const SETTINGS: &str = "settings.json";
const SOCKET: &str = "socket";

fn tls(command: &mut Command, folder: &Path, product: Product, options: &Options) {
    let authority = Authority::new();
    fs::write(folder.join(CA), authority.pem()).unwrap();
    product.limit_tls(command, &options.tls);
    if options.tls == Tls::Off {
        return;
    }
    let issued = authority.issue(&options.certificate);
    for (option, name, pem) in [
        ("ssl-cert", "certificate.pem", issued.certificate),
        ("ssl-key", "key.pem", issued.key),
    ] {
        let file = folder.join(name);
        fs::write(&file, pem).unwrap();
        command.arg(format!("--{option}={}", file.display()));
    }
}
