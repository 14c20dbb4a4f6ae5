//! The two products, and how they differ for the one who starts a server or a client of them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::OnceLock;

use super::{PASSWORD, Tls};

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// Oracle's MySQL, 8.0 or newer: what RDS for MySQL and Aurora MySQL are made from.
    MySql,
    /// MariaDB, 10.11 or newer: what RDS for MariaDB is made from.
    MariaDb,
}

impl Product {
    /// Both.
    pub const ALL: [Self; 2] = [Self::MySql, Self::MariaDb];

    /// Its command line client, which reads no configuration of this machine.
    ///
    /// # Panics
    ///
    /// If it is not in place.
    #[must_use]
    pub fn client(self) -> Command {
        let mut client = Command::new(match self {
            Self::MySql => of_mysql("mysql"),
            Self::MariaDb => of_maria_db("mariadb"),
        });
        client.arg("--no-defaults");
        client
    }

    /// As the client's statement `SELECT VERSION()` and the server's greeting name it: `MariaDB` is in both.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
        }
    }

    pub(super) fn server(self) -> Command {
        let mut server = Command::new(match self {
            Self::MySql => of_mysql("mysqld"),
            Self::MariaDb => of_maria_db("mariadbd"),
        });
        server.arg("--no-defaults");
        server
    }

    /// Small files, so that they are quickly copied. Every start of the server on this data needs them.
    pub(super) fn data_arguments(self) -> &'static [&'static str] {
        match self {
            Self::MySql => &[
                "--innodb-redo-log-capacity=8M",
                "--innodb-data-file-path=ibdata1:5M:autoextend",
                "--innodb-autoextend-increment=1",
                "--innodb-doublewrite=OFF",
                "--innodb-use-native-aio=OFF",
                // It refuses to start where the default's folder is not there.
                "--secure-file-priv=",
            ],
            Self::MariaDb => &[
                "--innodb-log-file-size=4M",
                "--innodb-data-file-path=ibdata1:5M:autoextend",
                "--innodb-autoextend-increment=1",
                // There may be little memory for it, and many servers at once.
                "--innodb-use-native-aio=OFF",
            ],
        }
    }

    /// What a server for tests does without.
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

    /// Arguments, and the server's environment, for its side of TLS.
    pub(super) fn limit_tls(self, server: &mut Command, tls: &Tls) {
        match (self, tls) {
            (_, Tls::On) => {}
            (Self::MySql, Tls::Off) => {
                server.arg("--tls-version=");
            }
            (Self::MariaDb, Tls::Off) => {
                server.arg("--skip-ssl");
            }
            // It takes 1.2 and 1.3 alone, and those of its own accord.
            (Self::MySql, Tls::Versions(versions)) => {
                server.arg(format!("--tls-version={versions}"));
            }
            (Self::MariaDb, Tls::Versions(versions)) => {
                server
                    .arg(format!("--tls-version={versions}"))
                    // Below 1.2 the handshake signs with SHA-1, which OpenSSL 3 allows at level 0 alone; and
                    // distributions forbid those versions in OpenSSL's own configuration.
                    .arg("--ssl-cipher=ALL:@SECLEVEL=0")
                    .env("OPENSSL_CONF", "/dev/null");
            }
        }
    }

    /// Makes an empty data directory.
    pub(super) fn initialise(self, data: &Path, user: Option<&str>) -> Command {
        let mut making = match self {
            Self::MySql => {
                let mut server = self.server();
                server.arg("--initialize-insecure");
                server
            }
            Self::MariaDb => {
                let mut script = Command::new(of_maria_db("mariadb-install-db"));
                script
                    .args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
                    .arg("--auth-root-authentication-method=normal");
                script
            }
        };
        making
            .arg(format!("--datadir={}", data.display()))
            .args(user)
            .args(self.data_arguments());
        making
    }

    /// The accounts, a statement a line.
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

/// `mysql` or `mariadb`, as an argument of a program has it.
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

/// Where `tests/setup/mysql` puts it: below cargo's target folder, as this program is.
fn of_mysql(name: &str) -> PathBuf {
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

/// Programs of servers are not on an ordinary user's `PATH` everywhere.
fn of_maria_db(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(more)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not here: tests/setup/mariadb installs it"))
}
