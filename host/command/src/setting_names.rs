//! The flags and environment variables that set the builder's settings, for messages.

use rds_bridge::error::Remedy;

/// The flag and the variable of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SettingName {
    /// The builder's method, as in [`ErrorKind::Setting`](rds_bridge::error::ErrorKind::Setting).
    setting: &'static str,
    pub(super) flag: &'static str,
    pub(super) variable: Option<&'static str>,
}

const fn name(
    setting: &'static str,
    flag: &'static str,
    variable: Option<&'static str>,
) -> SettingName {
    SettingName {
        setting,
        flag,
        variable,
    }
}

const NAMES: [SettingName; 17] = [
    name("endpoint", "--hostname", Some("DB_HOST")),
    name("port", "--port", Some("DB_PORT")),
    name("user", "--username", Some("DB_USER")),
    name("database", "--database", Some("DB_NAME")),
    name("password", "--password-file", Some("DB_PASSWORD")),
    name("secret", "--secret", Some("DB_SECRET_ARN")),
    name("connect_to", "--connect-to", Some("DB_CONNECT_TO")),
    name("tls_server_name", "--tls-server-name", None),
    name("resolve_cname", "--resolve-cname", Some("DB_RESOLVE_CNAME")),
    name("region", "--region", Some("DB_REGION")),
    name("ca_file", "--ca-file", Some("DB_CA_FILE")),
    name("extra_ca_file", "--ca-file-extra", None),
    name("allow_writes", "--allow-writes", None),
    name("role", "--role", Some("DB_ROLE")),
    name("collation", "--collation", None),
    name("max_row_bytes", "--max-row-bytes", None),
    name("timeouts", "--connect-timeout", None),
];

/// The flag and the variable of a setting, if it has them.
pub(super) fn of_setting(setting: &str) -> Option<SettingName> {
    NAMES.into_iter().find(|name| name.setting == setting)
}

/// A remedy in which each setting is named by its flag and its variable.
pub(super) fn words(remedy: &Remedy) -> String {
    remedy.with_names(words_of)
}

fn words_of(setting: &str) -> Option<String> {
    let name = of_setting(setting)?;
    Some(match name.variable {
        Some(variable) if setting == "resolve_cname" => {
            format!("{} ({variable}=true)", name.flag)
        }
        Some(variable) => format!("{} ({variable})", name.flag),
        None => name.flag.to_owned(),
    })
}

/// As [`words`], with the keys of a database in a configuration file for the settings that are there.
#[cfg(feature = "proxy")]
pub(super) fn words_of_file(remedy: &Remedy) -> String {
    remedy.with_names(|setting| {
        if KEYS_OF_FILE.contains(&setting) {
            Some(format!("{setting} in [databases.NAME]"))
        } else {
            words_of(setting)
        }
    })
}

/// The settings whose keys in a configuration file have their names.
#[cfg(feature = "proxy")]
const KEYS_OF_FILE: [&str; 8] = [
    "endpoint",
    "port",
    "user",
    "region",
    "database",
    "connect_to",
    "ca_file",
    "role",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_names_flags_and_variables() {
        let remedy = "{connect_to}, {resolve_cname}, {timeouts}".into();
        assert_eq!(
            words(&remedy),
            "--connect-to (DB_CONNECT_TO), --resolve-cname (DB_RESOLVE_CNAME=true), --connect-timeout"
        );
    }

    #[cfg(feature = "proxy")]
    #[test]
    fn with_a_file_a_remedy_names_its_keys() {
        let remedy = "use {ca_file}, or {resolve_cname}".into();
        assert_eq!(
            words_of_file(&remedy),
            "use ca_file in [databases.NAME], or --resolve-cname (DB_RESOLVE_CNAME=true)"
        );
    }
}
