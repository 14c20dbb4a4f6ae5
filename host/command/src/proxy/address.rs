//! Where clients find the proxy: in words, in a program's environment, and as a URL.

use std::net::SocketAddr;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config_file::Server;
use crate::quoted::quoted;

/// The characters of a user or database that a URL must encode.
const IN_URL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The addresses of one proxy, and what clients need besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) tcp: Option<SocketAddr>,
    pub(crate) unix_socket: Option<PathBuf>,
    pub(crate) needs: Needs,
    pub(crate) user: String,
    pub(crate) database: Option<String>,
    /// The endpoint's name and port.
    pub(crate) endpoint: String,
    /// What identifies the server among the endpoints.
    pub(super) server: Server,
}

/// What a client needs in order to be let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Needs {
    #[default]
    Nothing,
    /// The name and the password of a caller.
    Password,
    /// A certificate, which it sends inside TLS.
    Certificate,
}

impl Address {
    /// The environment of a program that connects to the proxy.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("DB_USER", self.user.clone())];
        if let Some(tcp) = self.tcp {
            let (host, port) = (tcp.ip().to_string(), tcp.port().to_string());
            variables.extend([
                ("DB_HOST", host.clone()),
                ("DB_PORT", port.clone()),
                ("MYSQL_HOST", host),
                ("MYSQL_TCP_PORT", port),
            ]);
        }
        if let Some(path) = &self.unix_socket {
            let path = path.to_string_lossy().into_owned();
            variables.push(("MYSQL_UNIX_PORT", path));
        }
        if let Some(database) = &self.database {
            variables.push(("DB_NAME", database.clone()));
        }
        variables.extend(self.url().map(|url| ("DATABASE_URL", url)));
        variables
    }

    /// What to tell a person.
    pub(super) fn lines(&self) -> String {
        let mut lines = format!(
            "rds-bridge: {} and connecting to {}:\n",
            self.places(),
            self.endpoint
        );
        match self.needs {
            Needs::Nothing => {}
            Needs::Password => {
                lines.push_str("  clients log in with the name and the password of a caller in the configuration file\n");
                return lines;
            }
            Needs::Certificate => {
                lines.push_str(
                    "  clients need TLS and a certificate: mysql --ssl-ca FILE --ssl-cert FILE --ssl-key FILE\n",
                );
                return lines;
            }
        }
        let user = quoted(&self.user);
        let database = self
            .database
            .as_deref()
            .map(|name| format!(" {}", quoted(name)));
        let database = database.unwrap_or_default();
        if let Some(path) = &self.unix_socket {
            let path = quoted(&path.to_string_lossy());
            lines.push_str(&format!(
                "  mysql --socket {path} --user {user}{database}\n"
            ));
        }
        if let Some(tcp) = self.tcp {
            let (host, port) = (tcp.ip(), tcp.port());
            // The name localhost would mean the default Unix socket.
            lines.push_str(&format!(
                "  mysql --host {host} --port {port} --user {user}{database}\n"
            ));
            let database = self.database.as_ref();
            let database = database.map(|name| format!(", database={name:?}"));
            lines.push_str(&format!(
                "  pymysql.connect(host=\"{host}\", port={port}, user={:?}{})\n",
                self.user,
                database.unwrap_or_default()
            ));
        }
        if let Some(url) = self.url() {
            lines.push_str(&format!("  {url}\n"));
        }
        lines
    }

    fn places(&self) -> String {
        let tcp = self.tcp.map(|tcp| tcp.to_string());
        let unix = self.unix_socket.as_ref();
        let unix = unix.map(|path| path.to_string_lossy().into_owned());
        let mut places: Vec<String> = tcp.into_iter().chain(unix).collect();
        if places.is_empty() {
            places.push("the socket from systemd".to_owned());
        }
        format!("listening on {}", places.join(" and "))
    }

    fn url(&self) -> Option<String> {
        let tcp = self.tcp?;
        let user = utf8_percent_encode(&self.user, IN_URL);
        let database = self.database.as_deref().unwrap_or_default();
        let database = utf8_percent_encode(database, IN_URL);
        Some(format!("mysql://{user}@{tcp}/{database}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            tcp: Some("127.0.0.1:3307".parse().unwrap()),
            unix_socket: Some("/run/my sql.sock".into()),
            needs: Needs::Nothing,
            user: "lambda-user".to_owned(),
            database: Some("iam test".to_owned()),
            endpoint: "db.example.com:3306".to_owned(),
            server: ("db.example.com".to_owned(), 3306),
        }
    }

    #[test]
    fn the_lines_can_be_pasted() {
        let expected = "\
rds-bridge: listening on 127.0.0.1:3307 and /run/my sql.sock and connecting to db.example.com:3306:
  mysql --socket '/run/my sql.sock' --user lambda-user 'iam test'
  mysql --host 127.0.0.1 --port 3307 --user lambda-user 'iam test'
  pymysql.connect(host=\"127.0.0.1\", port=3307, user=\"lambda-user\", database=\"iam test\")
  mysql://lambda-user@127.0.0.1:3307/iam%20test
";
        assert_eq!(address().lines(), expected);
    }

    #[test]
    fn a_socket_without_a_path_is_named() {
        let nameless = Address {
            tcp: None,
            unix_socket: None,
            ..address()
        };
        let lines = nameless.lines();
        assert_eq!(
            lines,
            "rds-bridge: listening on the socket from systemd and connecting to db.example.com:3306:\n"
        );
    }

    #[test]
    fn a_program_finds_the_proxy_in_its_environment() {
        let variables = address().environment();
        let value = |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| value.as_str())
        };
        for (name, expected) in [
            ("DB_HOST", "127.0.0.1"),
            ("DB_PORT", "3307"),
            ("DB_USER", "lambda-user"),
            ("DB_NAME", "iam test"),
            ("MYSQL_HOST", "127.0.0.1"),
            ("MYSQL_TCP_PORT", "3307"),
            ("MYSQL_UNIX_PORT", "/run/my sql.sock"),
            (
                "DATABASE_URL",
                "mysql://lambda-user@127.0.0.1:3307/iam%20test",
            ),
        ] {
            assert_eq!(value(name), Some(expected), "{name}");
        }
        let alone = Address {
            tcp: None,
            database: None,
            ..address()
        };
        let names: Vec<_> = alone
            .environment()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["DB_USER", "MYSQL_UNIX_PORT"]);
    }
}
