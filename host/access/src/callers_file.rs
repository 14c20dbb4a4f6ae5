//! `access.toml`: the callers of a Lambda function, and what they may do.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use crate::callers::Caller;
use crate::config::{Config, of_toml};
use crate::databases::Database;
use crate::error::{ConfigError, WrongSetting};
use crate::grants::Grant;
use crate::hashes::PasswordHash;
use crate::identity::Identity;
use crate::place::SettingPath;
use crate::statements::Statement;

/// What a Lambda function has itself, so that its file has callers and their grants only.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FunctionSettings {
    /// The name of its only database, for grants.
    pub name: String,
    /// That database.
    pub database: Database,
    /// Its named statements.
    pub statements: BTreeMap<String, Statement>,
    /// Whether grants may contain any SQL. Default: `false`.
    pub allow_ad_hoc_sql: bool,
    /// Whether grants may be those of sessions that write. Default: `false`.
    pub allow_writes: bool,
    /// Whether the function logs in with a password, which is that of one database user. Default: `false`.
    pub has_password: bool,
}

impl FunctionSettings {
    /// A function that executes no statement of its own.
    #[must_use]
    pub fn new(name: impl Into<String>, database: Database) -> Self {
        Self {
            name: name.into(),
            database,
            statements: BTreeMap::new(),
            allow_ad_hoc_sql: false,
            allow_writes: false,
            has_password: false,
        }
    }
}

/// The sections of the other programs, and why a function has none.
const FOREIGN: [(&str, &str); 4] = [
    (
        "databases",
        "a function has one database, which its environment names: remove this section",
    ),
    (
        "statements",
        "the statements of a function are those of its queries.json: remove this section",
    ),
    ("proxy", "a function has no listeners: remove this section"),
    (
        "gateway",
        "AWS receives the requests of a function, which has no listener, no TLS and no issuers of tokens: remove this \
         section",
    ),
];

/// The credentials of the other programs, and why a caller of a function has none.
const FOREIGN_CREDENTIALS: [(&str, &str); 5] = [
    (
        "password_sha256_twice",
        "a function has no clients of MySQL: set api_key_sha256 or identity instead",
    ),
    (
        "password_sha1_twice",
        "a function has no clients of MySQL: set api_key_sha256 or identity instead",
    ),
    (
        "certificate",
        "AWS ends TLS in front of a function, which sees no certificates: set api_key_sha256 or identity instead",
    ),
    (
        "sigv4_secret_file",
        "a package contains no secrets: remove it, and add NAME:sigv4:SECRET to the secret of API_KEYS_SECRET_ARN",
    ),
    (
        "jwt",
        "a function does not fetch the keys of issuers: let an authorizer of an HTTP API verify the tokens, and set \
         identity = \"jwt:SUBJECT\"",
    ),
];

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    callers: BTreeMap<String, FileCaller>,
}

/// A caller in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCaller {
    /// As that of the gateway's callers.
    api_key_sha256: Option<PasswordHash<32>>,
    /// An identity that Lambda or API Gateway has verified.
    identity: Option<Identity>,
    #[serde(default)]
    grants: Vec<Grant>,
}

/// The callers of a function, and what they may do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FunctionCallers {
    /// The callers with their grants, and the database and the statements of the function.
    pub config: Config,
    identities: BTreeMap<Identity, String>,
}

impl FunctionCallers {
    /// The name of the caller with an identity that Lambda or API Gateway has verified: `iam:ARN`, `jwt:SUBJECT` or
    /// `lambda:PRINCIPAL`. The identity of a role is that of all its sessions, except for those that are the identity of
    /// another caller.
    #[must_use]
    pub fn caller(&self, identity: &str) -> Option<&str> {
        let find = |is_it: &dyn Fn(&Identity) -> bool| {
            let mut known = self.identities.iter();
            let found = known.find(|(it, _)| is_it(it));
            found.map(|(_, name)| name.as_str())
        };
        find(&|it| it.is(identity)).or_else(|| find(&|it| it.is_role_of(identity)))
    }
}

impl Config {
    /// Reads and validates the file of a function's callers. It has the same `[callers.NAME]` as that of
    /// [`Self::parse`], with the credentials and grants that a function can have. The database and the statements are
    /// the function's.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the first setting that is unknown, missing or invalid, or that a function does not have.
    pub fn parse_callers(
        text: &str,
        function: FunctionSettings,
    ) -> Result<FunctionCallers, ConfigError> {
        let document = DeTable::parse(text).map_err(|error| of_toml(text, &error))?;
        let in_file = |wrong: WrongSetting| wrong.in_file(text);
        refuse_foreign(document.get_ref()).map_err(in_file)?;
        let file: File = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
        let limits = function.limits();
        let mut config = Self {
            statements: function.statements,
            ..Self::default()
        };
        config.databases.insert(function.name, function.database);
        let mut identities = BTreeMap::new();
        for (name, caller) in file.callers {
            if let Some(identity) = caller.identity {
                add(&mut identities, identity, &name).map_err(in_file)?;
            }
            let caller = Caller {
                api_key_sha256: caller.api_key_sha256,
                grants: caller.grants,
                ..Caller::default()
            };
            config.callers.insert(name, caller);
        }
        config.check_function(limits).map_err(in_file)?;
        Ok(FunctionCallers { config, identities })
    }
}

/// Refuses what only the other programs have.
fn refuse_foreign(document: &DeTable<'_>) -> Result<(), WrongSetting> {
    for (section, problem) in FOREIGN {
        if document.contains_key(section) {
            return Err(WrongSetting::new(SettingPath::new(section), problem));
        }
    }
    let callers = document.get("callers").map(|it| it.get_ref());
    for (name, caller) in callers.and_then(DeValue::as_table).into_iter().flatten() {
        let Some(caller) = caller.get_ref().as_table() else {
            continue;
        };
        for (key, problem) in FOREIGN_CREDENTIALS {
            if caller.contains_key(key) {
                let path = SettingPath::new("callers").key(name.get_ref()).key(key);
                return Err(WrongSetting::new(path, problem));
            }
        }
    }
    Ok(())
}

/// Adds an identity, which no other caller may have.
fn add(
    identities: &mut BTreeMap<Identity, String>,
    identity: Identity,
    name: &str,
) -> Result<(), WrongSetting> {
    let mut known = identities.iter();
    if let Some((_, other)) = known.find(|(it, _)| it.is_same(&identity)) {
        let path = SettingPath::new("callers").key(name).key("identity");
        let problem = format!(
            "callers.{other} already has identity = \"{identity}\": give each caller its own"
        );
        return Err(WrongSetting::new(path, problem));
    }
    identities.insert(identity, name.to_owned());
    Ok(())
}

/// What the grants of a function may contain at the most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrantLimits {
    pub(crate) allow_ad_hoc_sql: bool,
    pub(crate) allow_writes: bool,
    pub(crate) has_password: bool,
}

impl FunctionSettings {
    fn limits(&self) -> GrantLimits {
        GrantLimits {
            allow_ad_hoc_sql: self.allow_ad_hoc_sql,
            allow_writes: self.allow_writes,
            has_password: self.has_password,
        }
    }
}

#[cfg(test)]
mod tests;
