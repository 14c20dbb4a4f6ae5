//! A MariaDB of the test's own, which checks IAM tokens as RDS does.
//!
//! | account | logs in with | may |
//! |---|---|---|
//! | `lambda-user` | an IAM token, over TLS | read `iamtest` |
//! | `no-grant` | an IAM token, over TLS | nothing |
//! | `native-user` | [`PASSWORD`], by `mysql_native_password` | read `iamtest` |
//! | `ed25519-user` | [`PASSWORD`], by `client_ed25519` | read `iamtest` |
//! | `admin` | [`PASSWORD`], by `mysql_native_password` | everything |
//!
//! There is no other. The table `iamtest.items (id INT, name VARCHAR(64), price DECIMAL(10,2))` has
//! three rows: 1 apple 1.25, 2 bread 3.50, 3 cheese 12.00.
//!
//! A token is good if it is as the [`Expectation`] says. To a client of a bad one the server says 1045
//! as RDS does; the true reason is in [`MariaDb::error_log`].

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::certificates::{Authority, ServerCertificate};
use crate::data_directory;
use crate::expectation::Expectation;
use crate::plugins::{self, program};
use crate::watchdog::Watchdog;

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

/// How a server is to be started. The default is a MariaDB with TLS and a good certificate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether it offers TLS.
    pub tls: Tls,
    /// What it shows for a certificate.
    pub certificate: ServerCertificate,
    /// As which version it greets: `8.0.39` for a MySQL 8. Its own if not given.
    pub version: Option<String>,
    /// What it takes for a good token at first.
    pub expectation: Expectation,
    /// Further arguments for `mariadbd`, which win: `--max-allowed-packet=1M`.
    pub arguments: Vec<String>,
}

/// A running server. Dropped, it is gone with all its files.
#[derive(Debug)]
pub struct MariaDb {
    port: u16,
    /// Its folder is removed by the watchdog, and by itself should that fail.
    watchdog: Mutex<Watchdog>,
    folder: TempDir,
}

impl MariaDb {
    /// Starts a server, and returns when it takes connections.
    ///
    /// # Panics
    ///
    /// If MariaDB is not installed or does not start; the message holds its error log.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        // Between the choice of a free port and its use, somebody else may take it.
        for _ in 0..4 {
            match Self::try_start(options) {
                Ok(server) => return server,
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("mariadbd did not start:\n{log}"),
            }
        }
        panic!("no port stayed free");
    }

    /// A server with all defaults that all tests of the process share. Leave it as it is: a test that
    /// changes what is expected, or the data, starts its own.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MariaDb> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&Options::default()))
    }

    fn try_start(options: &Options) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("rds-bridge-")
            .tempdir()
            .unwrap();
        let at = |name: &str| folder.path().join(name);
        data_directory::put_at(&at(DATA));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);

        let mut command = Command::new(program("mariadbd"));
        command
            .args(["--no-defaults", "--bind-address=127.0.0.1"])
            // Connections that a test breaks off must not make the server refuse later ones.
            .args(["--skip-name-resolve", "--feedback=OFF"])
            .args(["--innodb-buffer-pool-size=16M", "--table-open-cache=100"])
            // Nothing has to outlast a power failure.
            .arg("--innodb-flush-log-at-trx-commit=0")
            .arg(format!("--port={port}"))
            .arg(format!("--datadir={}", at(DATA).display()))
            .arg(format!("--socket={}", at(SOCKET).display()))
            .args(data_directory::user_argument(folder.path()))
            .args(plugins::put_into(&at("plugins")))
            .args(data_directory::ARGUMENTS)
            .env("AWS_AUTHENTICATION_PLUGIN_SETTINGS", at(SETTINGS));
        if let Some(version) = &options.version {
            command.arg(format!("--version={version}"));
        }
        tls(&mut command, folder.path(), options);
        command.args(&options.arguments);
        options.expectation.write(&at(SETTINGS));

        let watchdog = Mutex::new(Watchdog::start(&command, folder.path(), &at(LOG)));
        let server = Self {
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

    /// Runs statements as `admin`, and gives the rows as `mariadb --batch` prints them: a line a row,
    /// tabulators between the values, without the columns' names.
    ///
    /// # Panics
    ///
    /// If the server refuses one of them.
    pub fn execute_as_admin(&self, sql: &str) -> String {
        let socket = self.folder.path().join(SOCKET);
        let output = Command::new(program("mariadb"))
            .args(["--no-defaults", "--batch", "--skip-column-names"])
            .arg("--default-character-set=utf8mb4")
            .arg(format!("--socket={}", socket.display()))
            .args(["--user=admin", "--execute", sql])
            .env("MYSQL_PWD", PASSWORD)
            .output()
            .expect("mariadb");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {complaint}");
        String::from_utf8(output.stdout).expect("UTF-8")
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

fn tls(command: &mut Command, folder: &Path, options: &Options) {
    let authority = Authority::new();
    fs::write(folder.join(CA), authority.pem()).unwrap();
    if options.tls == Tls::Off {
        command.arg("--skip-ssl");
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
    if let Tls::Versions(versions) = &options.tls {
        command
            .arg(format!("--tls-version={versions}"))
            // Below 1.2 the handshake signs with SHA-1, which OpenSSL 3 allows at level 0 alone; and
            // distributions forbid those versions in OpenSSL's own configuration.
            .arg("--ssl-cipher=ALL:@SECLEVEL=0")
            .env("OPENSSL_CONF", "/dev/null");
    }
}
