//! A MySQL or MariaDB server for one test, which checks IAM tokens as RDS does.
//!
//! | account | authentication | privileges |
//! |---|---|---|
//! | `lambda-user` | an IAM token, over TLS | reads `iamtest` |
//! | `no-grant` | an IAM token, over TLS | none |
//! | `password-user` | [`PASSWORD`], by `caching_sha2_password` (MariaDB: `mysql_native_password`) | reads `iamtest` |
//! | `ed25519-user`, on MariaDB only | [`PASSWORD`], by `client_ed25519` | reads `iamtest` |
//! | `admin` | [`PASSWORD`], as `password-user` | all |
//!
//! These are all accounts. The table `iamtest.items (id INT, name VARCHAR(64), price DECIMAL(10,2))` has three rows: 1
//! apple 1.25, 2 bread 3.50, 3 cheese 12.00.
//!
//! The server accepts a token that matches the [`Expectation`]. It answers any other with error 1045, as RDS does; the
//! reason is in [`Server::error_log`].

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

/// The password of every account that has one.
pub const PASSWORD: &str = "correct horse battery staple";
/// `ER_CANNOT_CONVERT_STRING`
const UNPRINTABLE: &str = "ERROR 3854 ";

const START_LIMIT: Duration = Duration::from_secs(60);

/// The server's side of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// The default of the server's TLS library: TLS 1.2 and 1.3.
    #[default]
    On,
    /// The server offers no TLS.
    Off,
    /// The value of the server's option `tls_version`, for example `TLSv1.2`. Versions below 1.2 are enabled even if
    /// the system's policy forbids them.
    Versions(String),
}

/// How to start a server. The default has TLS and a valid certificate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The server's TLS versions, or none.
    pub tls: Tls,
    /// The server's certificate.
    pub certificate: ServerCertificate,
    /// The version in the greeting of a MariaDB server; `8.0.39` makes it look like MySQL 8. `None` is the server's
    /// own.
    pub version: Option<String>,
    /// Which tokens it accepts at first.
    pub expectation: Expectation,
    /// Further arguments for the server, for example `--max-allowed-packet=1M`. They override the others.
    pub arguments: Vec<String>,
    /// The product's own plugins to load, for example `mysql_clone.so`. MySQL only.
    pub plugins: Vec<&'static str>,
    /// A command and its arguments that start the server, for example in another network namespace. They are followed
    /// by the server's command, and must replace themselves by it (`exec`).
    pub launcher: Vec<String>,
}

/// A running server. Dropping it kills it and removes its files.
#[derive(Debug)]
pub struct Server {
    product: Product,
    port: u16,
    /// The watchdog removes the server's folder. If it fails, dropping `folder` does.
    watchdog: Mutex<Watchdog>,
    folder: TempDir,
}

impl Server {
    /// Starts a server, and returns when it accepts connections.
    ///
    /// # Panics
    ///
    /// If the product is not installed or does not start; the message contains the error log.
    #[must_use]
    pub fn start(product: Product, options: &Options) -> Self {
        // Another process may take the free port before the server does.
        for _ in 0..4 {
            match Self::try_start(product, options) {
                Ok(server) => return server,
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("{} did not start:\n{log}", product.name()),
            }
        }
        panic!("no port stayed free");
    }

    /// A server with default options, shared by all tests of the process. Do not change it: a test that changes the
    /// expectation or the data starts its own server.
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
        fs::create_dir(at(TEMPORARY)).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);

        let mut command = product.server();
        command
            .arg("--bind-address=127.0.0.1")
            .args(product.start_arguments())
            // Otherwise connections that a test breaks off make the server block the host (`max_connect_errors`).
            .arg("--skip-name-resolve")
            .args(["--innodb-buffer-pool-size=16M", "--table-open-cache=100"])
            // The data need not survive a power failure.
            .arg("--innodb-flush-log-at-trx-commit=0")
            .arg(format!("--port={port}"))
            .arg(format!("--datadir={}", at(DATA).display()))
            .arg(format!("--socket={}", at(SOCKET).display()))
            .arg(format!("--tmpdir={}", at(TEMPORARY).display()))
            .args(data_directory::user_argument(folder.path()))
            .args(plugins::put_into(&at("plugins"), product))
            .args(plugins::add_own(&at("plugins"), &options.plugins))
            .args(product.data_arguments())
            .env("AWS_AUTHENTICATION_PLUGIN_SETTINGS", at(SETTINGS));
        if let Some(version) = &options.version {
            assert_eq!(product, Product::MariaDb, "MySQL has no such option");
            command.arg(format!("--version={version}"));
        }
        tls(&mut command, folder.path(), product, options);
        command.args(&options.arguments);
        options.expectation.write(&at(SETTINGS));

        let command = launched_by(&options.launcher, command);
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
    /// The log, if the server has given up.
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

    /// The product.
    #[must_use]
    pub fn product(&self) -> Product {
        self.product
    }

    /// The port that it listens at, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address that it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The file with the certificate (PEM) of the authority that a client has to trust. It exists without TLS too.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(CA)
    }

    /// Changes which tokens the server accepts from now on. Existing connections stay open.
    pub fn expect(&self, expectation: &Expectation) {
        expectation.write(&self.folder.path().join(SETTINGS));
    }

    /// Runs statements as `admin`. Returns the rows as the client prints them with `--batch`: a row a line, values
    /// separated by tabs, without column names.
    ///
    /// # Panics
    ///
    /// If the server refuses a statement.
    pub fn execute_as_admin(&self, sql: &str) -> String {
        loop {
            match self.try_execute_as_admin(sql) {
                Ok(rows) => return rows,
                // MySQL shows no process list while another test's statement has bytes that are no text.
                Err(complaint)
                    if complaint.contains(UNPRINTABLE)
                        && sql.contains("information_schema.processlist") =>
                {
                    sleep(Duration::from_millis(10));
                }
                Err(complaint) => panic!("{sql}: {complaint}"),
            }
        }
    }

    /// As [`Self::execute_as_admin`], for statements that may fail.
    ///
    /// # Errors
    ///
    /// What the client prints.
    pub fn try_execute_as_admin(&self, sql: &str) -> Result<String, String> {
        let output = self.run_client("admin", PASSWORD, sql);
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout).expect("UTF-8"));
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Logs in with a password and disconnects.
    ///
    /// # Panics
    ///
    /// If the server refuses the login.
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

    /// Kills all connections of a user, as an operator does.
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

    /// The server's error log. It has a line for each login of an IAM account, which contains `refused` and the reason,
    /// or `[AWSAuthenticationPlugin] accepted "lambda-user" with 421 bytes`.
    #[must_use]
    pub fn error_log(&self) -> String {
        let bytes = fs::read(self.folder.path().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Kills the server, as a power failure would: its connections end and it no longer listens. The error log stays
    /// readable.
    pub fn kill(&self) {
        self.watchdog.lock().unwrap().kill();
    }

    /// Starts a killed server again on the same port, and returns when it accepts connections. What it had committed is
    /// there if the server was started with `--innodb-flush-log-at-trx-commit=2`.
    ///
    /// # Panics
    ///
    /// If the server was not killed, or does not start.
    pub fn start_again(&self) {
        self.watchdog.lock().unwrap().start_again();
        self.wait_until_ready().unwrap();
    }
}

const CA: &str = "ca.pem";
const DATA: &str = "data";
const LOG: &str = "error.log";
const SETTINGS: &str = "settings.json";
const SOCKET: &str = "socket";
/// The server's `tmpdir`. A MariaDB that starts deletes `#sql*` files in its `tmpdir`, so servers must not share one.
/// It lies beside the data directory: MariaDB lists each folder in the data directory as a database.
const TEMPORARY: &str = "tmp";

fn launched_by(launcher: &[String], server: Command) -> Command {
    let Some((program, arguments)) = launcher.split_first() else {
        return server;
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(server.get_program())
        .args(server.get_args());
    for (name, value) in server.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

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
