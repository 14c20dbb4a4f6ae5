//! The configuration file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::callers::Caller;
use crate::databases::Database;
use crate::error::{ConfigError, Place};
use crate::gateway::GatewayConfig;
use crate::listeners::ProxyConfig;
use crate::place::position;
use crate::statements::Statement;

/// A configuration, validated.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The databases, by name.
    #[serde(default)]
    pub databases: BTreeMap<String, Database>,
    /// The statements that callers of the gateway execute by name.
    #[serde(default)]
    pub statements: BTreeMap<String, Statement>,
    /// The callers, by user name. User names are case-sensitive.
    #[serde(default)]
    pub callers: BTreeMap<String, Caller>,
    /// The settings of the proxy.
    #[serde(default)]
    pub proxy: ProxyConfig,
    /// The settings of the HTTP gateway.
    #[serde(default)]
    pub gateway: GatewayConfig,
}

impl Config {
    /// Reads and validates a configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the first setting that is unknown, missing or invalid.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
        config.check().map_err(|wrong| wrong.in_file(text))?;
        Ok(config)
    }
}

pub(crate) fn of_toml(text: &str, error: &toml::de::Error) -> ConfigError {
    let place = error.span().and_then(|span| position(text, &span));
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
                "line 2, column 25: a hash must have 64 hexadecimal digits",
            ),
            (
                "[callers.a]\n",
                "line 1, column 10: callers.a: set password_sha256_twice, certificate, api_key_sha256",
            ),
            (
                "[callers.a]\ncertificate = \"\"\n",
                "line 2, column 1: callers.a.certificate: certificate is empty",
            ),
            (
                "[callers.a]\ncertificate = \"n\"\n[callers.b]\ncertificate = \"n\"\n",
                "line 4, column 1: callers.b.certificate: callers.a already has certificate = \"n\": give each caller \
                 its own",
            ),
            (
                "[databases.d]\nendpoint = \"e\"\n[callers.a]\ncertificate = \"n\"\n\
                 [[callers.a.grants]]\ndatabase = \"d\"\nstatements = \"any\"\n",
                "line 4, column 1: callers.a.certificate: the gateway verifies no certificate: set client_ca_file",
            ),
            (
                "[databases.d]\nendpoint = \"e\"\nrole = \"reader\"\n[callers.a]\npassword_sha256_twice = \
                 \"e0a8d6b1a5a1b4a1c5f9d3b2c7e6f5a4d3c2b1a0f9e8d7c6b5a4f3e2d1c0b9a8\"\n[[callers.a.grants]]\n\
                 database = \"d\"\nstatements = \"any\"\naccess = \"read-write\"\n",
                "line 9, column 1: callers.a.grants[0].access: the role of [databases.d] is \"reader\"",
            ),
            (
                "[databases.d]\nendpoint = \"e\"\nrole = \"primary\"\n",
                "line 3, column 8: unknown variant `primary`, expected one of `any`, `writer`, `reader`",
            ),
            (
                "[callers.a]\njwt = { issuer = \"i\", claim = \"\", subject = \"s\" }\n\
                 [gateway.jwt.i]\nissuer = \"i\"\njwks_url = \"https://i/\"\naudience = \"a\"\n",
                "line 2, column 23: callers.a.jwt.claim: it is empty",
            ),
            (
                "[gateway.jwt.i]\nissuer = \"i\"\njwks_url = \"http://i/\"\naudience = \"a\"\n",
                "line 3, column 1: gateway.jwt.i.jwks_url: the URL of the keys",
            ),
            (
                "[gateway]\nidempotency_table = \"a.b.c\"\n",
                "line 2, column 1: gateway.idempotency_table: expected TABLE or DATABASE.TABLE",
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
            assert!(error.line().is_some_and(|line| line >= 4));
            let error = error.to_string();
            assert!(error.contains(": proxy.listeners[0]"), "{error}");
            assert!(error.contains(expected), "{listener}: {error}");
        }
    }
}
