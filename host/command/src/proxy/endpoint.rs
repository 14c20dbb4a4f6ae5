//! An endpoint on the command line, with its own settings: `ENDPOINT?port=3307&user=app`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use super::place;
use crate::connection_arguments::{Own, role};
use rds_bridge::Role;

/// The settings of an endpoint. Those that are `None` come from the options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) user: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) connect_to: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) role: Option<Role>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) unix_socket: Option<PathBuf>,
}

const SETTINGS: &str =
    "port, user, region, database, profile, connect-to, ca-file, role, listen, unix-socket";

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, settings) = text.split_once('?').unwrap_or((text, ""));
        if host.is_empty() {
            return Err("the endpoint is empty".to_owned());
        }
        let mut endpoint = Self {
            host: Some(host.to_owned()),
            ..Self::default()
        };
        for setting in settings.split('&').filter(|it| !it.is_empty()) {
            let (name, value) = setting
                .split_once('=')
                .ok_or_else(|| format!("the setting {setting:?} has no value"))?;
            endpoint.set(name, &decoded(value)?)?;
        }
        check_host(host)?;
        Ok(endpoint)
    }
}

impl Endpoint {
    /// The settings of the connection.
    pub(super) fn own(&self) -> Own<'_> {
        Own {
            host: self.host.as_deref(),
            port: self.port,
            user: self.user.as_deref(),
            region: self.region.as_deref(),
            database: self.database.as_deref(),
            profile: self.profile.as_deref(),
            connect_to: self.connect_to.as_deref(),
            ca_file: self.ca_file.as_deref(),
            role: self.role,
            ..Own::default()
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let text = Some(value.to_owned());
        if value.is_empty() {
            return Err(format!("the setting {name:?} is empty"));
        }
        match name {
            "port" => {
                let port = value.parse();
                let expected = "expected a number from 1 to 65535";
                self.port = Some(port.map_err(|_| unusable(name, value, expected))?);
            }
            "user" => self.user = text,
            "region" => self.region = text,
            "database" => self.database = text,
            "profile" => self.profile = text,
            "ca-file" => self.ca_file = Some(value.into()),
            "connect-to" => self.connect_to = text,
            "role" => {
                let role = role(value);
                self.role = Some(role.map_err(|expected| unusable(name, value, expected))?);
            }
            "listen" => {
                let address = place::address(value);
                self.listen = Some(address.map_err(|expected| unusable(name, value, &expected))?);
            }
            "unix-socket" => self.unix_socket = Some(value.into()),
            _ => {
                return Err(format!(
                    "{name:?} is not a setting; the settings are {SETTINGS}"
                ));
            }
        }
        Ok(())
    }
}

/// Refuses a word that is most likely a program or a command.
fn check_host(host: &str) -> Result<(), String> {
    if host.contains(['.', ':']) || host.eq_ignore_ascii_case("localhost") {
        return Ok(());
    }
    Err(
        "it is neither a subcommand (wait, shutdown, example, hash-password) nor an endpoint such as \
         mydb.abc123.eu-central-1.rds.amazonaws.com: give a host name without a dot with --hostname, and put -- before \
         a program to run"
            .to_owned(),
    )
}

fn unusable(name: &str, value: &str, expected: &str) -> String {
    format!("the setting {name}={value}: {expected}")
}

/// Decodes percent-encoding, so that a value may contain `&`.
fn decoded(value: &str) -> Result<String, String> {
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
    decoded.map_or_else(
        |_| Err(format!("{value:?} is not UTF-8 after decoding")),
        |text| Ok(text.into_owned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_endpoint_with_its_settings() {
        let endpoint: Endpoint = "db.example.com".parse().unwrap();
        let host = Some("db.example.com".to_owned());
        assert_eq!(
            endpoint,
            Endpoint {
                host,
                ..Endpoint::default()
            }
        );

        let text = "db.example.com?port=3307&user=app%26co&listen=localhost:3310";
        let endpoint: Endpoint = text.parse().unwrap();
        assert_eq!(endpoint.port, Some(3307));
        assert_eq!(endpoint.user.as_deref(), Some("app&co"));
        assert_eq!(endpoint.listen, Some("127.0.0.1:3310".parse().unwrap()));
    }

    #[test]
    fn a_word_is_no_endpoint() {
        for text in ["localhost", "127.0.0.1?port=1", "::1", "db.example.com"] {
            text.parse::<Endpoint>().unwrap();
        }
        for text in ["foo", "mysql?port=3307"] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(error.contains("put -- before a program"), "{error}");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        for (text, problem) in [
            ("?port=1", "the endpoint is empty"),
            ("h?port", "the setting \"port\" has no value"),
            ("h?user=", "the setting \"user\" is empty"),
            (
                "h?port=70000",
                "the setting port=70000: expected a number from 1 to 65535",
            ),
            (
                "h?listen=foo",
                "the setting listen=foo: expected an IP address and a port",
            ),
            (
                "h?password=x",
                "\"password\" is not a setting; the settings are port, user",
            ),
            ("h?user=%FF", "\"%FF\" is not UTF-8 after decoding"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
