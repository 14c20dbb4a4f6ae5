//! The configuration file.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;

use crate::callers::Caller;
use crate::databases::Database;
use crate::error::{ConfigError, Place};
use crate::listeners::{ClientAuthentication, ListenerConfig, ProxyConfig};

/// A configuration, validated.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The databases, by name.
    #[serde(default)]
    pub databases: BTreeMap<String, Database>,
    /// The callers, by user name. User names are case-sensitive.
    #[serde(default)]
    pub callers: BTreeMap<String, Caller>,
    /// The settings of the proxy.
    #[serde(default)]
    pub proxy: ProxyConfig,
}

impl Config {
    /// Reads and validates a configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the first setting that is unknown, missing or invalid.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
        config.check_callers()?;
        for (number, listener) in (0_usize..).zip(&config.proxy.listeners) {
            let setting = format!("proxy.listeners[{number}]");
            config
                .check(listener)
                .map_err(|problem| ConfigError::of_setting(&setting, problem))?;
        }
        Ok(config)
    }

    fn check_callers(&self) -> Result<(), ConfigError> {
        let mut by_certificate = BTreeMap::new();
        for (name, caller) in &self.callers {
            let setting = format!("callers.{name}");
            let invalid = |problem: &str| ConfigError::of_setting(&setting, problem);
            caller.check().map_err(invalid)?;
            let Some(certificate) = &caller.certificate else {
                continue;
            };
            if let Some(other) = by_certificate.insert(certificate, name) {
                return Err(invalid(&format!(
                    "certificate = {certificate:?} is that of callers.{other} too"
                )));
            }
        }
        Ok(())
    }

    fn check(&self, listener: &ListenerConfig) -> Result<(), String> {
        if !self.databases.contains_key(&listener.database) {
            let known: Vec<&str> = self.databases.keys().map(String::as_str).collect();
            return Err(format!(
                "there is no database {:?}; the databases are: {}",
                listener.database,
                known.join(", ")
            ));
        }
        match (&listener.listen, &listener.unix_socket) {
            (Some(_), Some(_)) => return Err("set listen or unix_socket, not both".to_owned()),
            (None, None) => return Err("set listen or unix_socket".to_owned()),
            _ => {}
        }
        self.check_authentication(listener).map_err(str::to_owned)
    }

    fn check_authentication(&self, listener: &ListenerConfig) -> Result<(), &'static str> {
        let requires_password = listener.authentication == ClientAuthentication::Passwords;
        let requires_certificate = listener.authentication == ClientAuthentication::Certificates;
        let mut callers = self.callers.values();
        if requires_password && !callers.any(|it| it.password_sha256_twice.is_some()) {
            return Err("authentication = \"passwords\" needs callers with a password");
        }
        if requires_certificate && !callers.any(|it| it.certificate.is_some()) {
            return Err("authentication = \"certificates\" needs callers with a certificate");
        }
        let tls = listener.tls.as_ref();
        let has_authorities = tls.is_some_and(|it| it.client_ca_file.is_some());
        if requires_certificate && !has_authorities {
            return Err("authentication = \"certificates\" needs tls with client_ca_file");
        }
        if has_authorities && !requires_certificate {
            return Err("client_ca_file needs authentication = \"certificates\"");
        }
        let is_open = listener.listen.is_some_and(|it| !is_loopback(it.ip()));
        let is_authenticated = requires_password || requires_certificate;
        if is_open && (!is_authenticated || tls.is_none()) {
            return Err(
                "other machines can reach this address: set tls, and authentication = \"passwords\" or \
                 \"certificates\"",
            );
        }
        if listener.native_password && !requires_password {
            return Err("native_password needs authentication = \"passwords\"");
        }
        Ok(())
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn of_toml(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map(|before| {
        let line = before.matches('\n').count().saturating_add(1);
        let column = before.rsplit('\n').next().unwrap_or_default();
        (line, column.chars().count().saturating_add(1))
    });
    ConfigError {
        place: Place(place),
        problem: error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EXAMPLE;

    const DATABASE: &str = "[databases.a]\nendpoint = \"e\"\nuser = \"u\"\n";

    #[test]
    fn the_example_is_valid() {
        let config = Config::parse(EXAMPLE).unwrap();
        assert_eq!(config.proxy.listeners.len(), 4);
        assert!(!format!("{config:?}").contains("e0a8"));
    }

    #[test]
    fn an_empty_file_has_no_databases() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn an_error_names_the_line_and_the_setting() {
        for (text, expected) in [
            (
                "[databases.a]\nendpoints = \"e\"\n",
                "line 2, column 1: unknown field `endpoints`",
            ),
            ("[databases.a]\nuser = \"u\"\n", "missing field `endpoint`"),
            (
                "[databases.a]\nendpoint = \"e\"\nport = 0\n",
                "line 3, column 8: invalid value: integer `0`",
            ),
            (
                "[callers.a]\npassword_sha256_twice = \"00\"\n",
                "line 2, column 25: a hash has 64 hexadecimal digits",
            ),
            (
                "[callers.a]\n",
                "callers.a: set password_sha256_twice or certificate",
            ),
            (
                "[callers.a]\ncertificate = \"\"\n",
                "callers.a: certificate is empty",
            ),
            (
                "[callers.a]\ncertificate = \"n\"\n[callers.b]\ncertificate = \"n\"\n",
                "callers.b: certificate = \"n\" is that of callers.a too",
            ),
            ("[databases.a\n", "line 1"),
            ("a = \n", "line 1"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn settings_that_contradict_each_other_are_errors() {
        for (listener, expected) in [
            (
                "database = \"b\"\nlisten = \"127.0.0.1:1\"",
                "there is no database \"b\"; the databases are: a",
            ),
            ("database = \"a\"", "set listen or unix_socket"),
            (
                "database = \"a\"\nlisten = \"127.0.0.1:1\"\nunix_socket = \"/s\"",
                "set listen or unix_socket, not both",
            ),
            (
                "database = \"a\"\nlisten = \"0.0.0.0:1\"",
                "other machines can reach this address",
            ),
            (
                "database = \"a\"\nlisten = \"[::ffff:10.0.0.1]:1\"",
                "other machines can reach this address",
            ),
            (
                "database = \"a\"\nlisten = \"127.0.0.1:1\"\nauthentication = \"passwords\"",
                "authentication = \"passwords\" needs callers with a password",
            ),
            (
                "database = \"a\"\nlisten = \"127.0.0.1:1\"\nauthentication = \"certificates\"",
                "authentication = \"certificates\" needs callers with a certificate",
            ),
            (
                "database = \"a\"\nlisten = \"127.0.0.1:1\"\nauthentication = \"certificates\"\n\
                 [callers.a]\ncertificate = \"a\"",
                "authentication = \"certificates\" needs tls with client_ca_file",
            ),
            (
                "database = \"a\"\nlisten = \"127.0.0.1:1\"\n\
                 tls = { certificate = \"c\", key = \"k\", client_ca_file = \"f\" }",
                "client_ca_file needs authentication = \"certificates\"",
            ),
            (
                "database = \"a\"\nlisten = \"127.0.0.1:1\"\nnative_password = true",
                "native_password needs authentication = \"passwords\"",
            ),
        ] {
            let text = format!("{DATABASE}[[proxy.listeners]]\n{listener}\n");
            let error = Config::parse(&text).unwrap_err();
            assert_eq!(error.line(), None);
            let error = error.to_string();
            assert!(error.starts_with("proxy.listeners[0]: "), "{error}");
            assert!(error.contains(expected), "{listener}: {error}");
        }
    }
}
