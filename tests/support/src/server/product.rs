//! The two products, and how their servers and clients are started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::OnceLock;

use super::{PASSWORD, Tls};

/// The product of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// Oracle's MySQL, 8.0 or newer: the base of RDS for MySQL and Aurora MySQL.
    MySql,
    /// MariaDB, 10.11 or newer: the base of RDS for MariaDB.
    MariaDb,
}

impl Product {
    /// Both products.
    pub const ALL: [Self; 2] = [Self::MySql, Self::MariaDb];

    /// A command of the product's command line client. It reads no option files.
    ///
    /// # Panics
    ///
    /// If the product is not installed.
    #[must_use]
    pub fn client(self) -> Command {
        let mut client = Command::new(match self {
            Self::MySql => mysql_program("mysql"),
            Self::MariaDb => mariadb_program("mariadb"),
        });
        client.arg("--no-defaults");
        client
    }

    /// The product's name. For MariaDB it is a part of what `SELECT VERSION()` and the server's greeting contain.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
        }
    }

    pub(super) fn server(self) -> Command {
        let mut server = Command::new(match self {
            Self::MySql => mysql_program("mysqld"),
            Self::MariaDb => mariadb_program("mariadbd"),
        });
        server.arg("--no-defaults");
        server
    }

    /// Arguments that keep the files small, so that copying is quick. Every start of a server on this data needs them.
    pub(super) fn data_arguments(self) -> &'static [&'static str] {
        match self {
            Self::MySql => &[
                "--innodb-redo-log-capacity=8M",
                "--innodb-data-file-path=ibdata1:5M:autoextend",
                "--innodb-autoextend-increment=1",
                "--innodb-doublewrite=OFF",
                "--innodb-use-native-aio=OFF",
                // The server refuses to start if the folder of the default does not exist.
                "--secure-file-priv=",
            ],
            Self::MariaDb => &[
                "--innodb-log-file-size=4M",
                "--innodb-data-file-path=ibdata1:5M:autoextend",
                "--innodb-autoextend-increment=1",
                // Native AIO needs memory of a limited pool, which many servers at once exhaust.
                "--innodb-use-native-aio=OFF",
            ],
        }
    }

    /// Arguments that switch off features that tests do not need.
    pub(super) fn start_arguments(self) -> &'static [&'static str] {
        match self {
            Self::MySql => &[
                "--mysqlx=OFF",
                "--skip-log-bin",
                "--auto-generate-certs=OFF",
                "--caching-sha2-password-auto-generate-rsa-keys=OFF",
            ],
            Self::MariaDb => &["--feedback=OFF"],
        }
    }

    /// Sets the arguments and the environment of a server for its TLS versions.
    pub(super) fn limit_tls(self, server: &mut Command, tls: &Tls) {
        match (self, tls) {
            (_, Tls::On) => {}
            (Self::MySql, Tls::Off) => {
                server.arg("--tls-version=");
            }
            (Self::MariaDb, Tls::Off) => {
                server.arg("--skip-ssl");
            }
            // MySQL supports only 1.2 and 1.3, and the system's policy allows both.
            (Self::MySql, Tls::Versions(versions)) => {
                server.arg(format!("--tls-version={versions}"));
            }
            (Self::MariaDb, Tls::Versions(versions)) => {
                server
                    .arg(format!("--tls-version={versions}"))
                    // Below 1.2 the handshake signs with SHA-1, which OpenSSL 3 allows only at security level 0.
                    // Distributions also forbid these versions in OpenSSL's configuration file.
                    .arg("--ssl-cipher=ALL:@SECLEVEL=0")
                    .env("OPENSSL_CONF", "/dev/null");
            }
        }
    }

    /// A command that creates an empty data directory.
    pub(super) fn initialise(self, data: &Path, temporary: &Path, user: Option<&str>) -> Command {
        let mut making = match self {
            Self::MySql => {
                let mut server = self.server();
                server.arg("--initialize-insecure");
                server
            }
            Self::MariaDb => {
                let mut script = Command::new(mariadb_program("mariadb-install-db"));
                script
                    .args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
                    .arg("--auth-root-authentication-method=normal");
                script
            }
        };
        making
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--tmpdir={}", temporary.display()))
            .args(user)
            .args(self.data_arguments());
        making
    }

    /// The statements that create the accounts, one a line.
    pub(super) fn accounts(self) -> String {
        let (before, by_password, by_ed25519) = match self {
            Self::MySql => (
                "DROP USER 'root'@'localhost';\n",
                format!("WITH caching_sha2_password BY '{PASSWORD}'"),
                String::new(),
            ),
            Self::MariaDb => (
                "DELETE FROM mysql.global_priv WHERE user IN ('', 'root');\n\
                 DELETE FROM mysql.proxies_priv;\n\
                 FLUSH PRIVILEGES;\n",
                format!("VIA mysql_native_password USING PASSWORD('{PASSWORD}')"),
                format!(
                    "CREATE USER 'ed25519-user'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}');\n\
                     GRANT SELECT ON iamtest.* TO 'ed25519-user'@'%';\n"
                ),
            ),
        };
        format!(
            "{before}\
             CREATE USER 'admin'@'%' IDENTIFIED {by_password};\n\
             CREATE USER 'password-user'@'%' IDENTIFIED {by_password};\n\
             {by_ed25519}\
             CREATE USER 'lambda-user'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
             CREATE USER 'no-grant'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
             GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n\
             GRANT SELECT ON iamtest.* TO 'lambda-user'@'%', 'password-user'@'%';\n"
        )
    }
}

/// Parses `mysql` or `mariadb`, the names that programs accept as an argument.
impl FromStr for Product {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "mysql" => Ok(Self::MySql),
            "mariadb" => Ok(Self::MariaDb),
            other => Err(format!("{other:?}: give mysql or mariadb")),
        }
    }
}

/// The path of a MySQL program. `tests/setup/mysql` installs them below cargo's target folder, which also contains this
/// program.
fn mysql_program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let this_program = env::current_exe().unwrap();
        let mut folders = this_program.ancestors().map(|it| it.join("mysql/bin"));
        folders.find(|folder| folder.join("mysqld").is_file())
    });
    match folder {
        Some(folder) => folder.join(name),
        None => panic!("MySQL is not in place: tests/setup/mysql puts it there"),
    }
}

/// The path of a MariaDB program. On some systems the folder of servers is not in an ordinary user's `PATH`.
fn mariadb_program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(more)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not here: tests/setup/mariadb installs it"))
}
