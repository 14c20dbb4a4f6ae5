//! The settings of `rds-bridge setup`, each checked before it goes into SQL, JSON or a shell.

use crate::arguments::Setup;
use crate::error::Error;
use rds_bridge::aws::{
    EndpointKind, ResourceId, ResourceKind, process_variable, region_without_profile,
};
use rds_bridge::net::host_name;

pub(super) struct Settings {
    pub(super) host: Option<String>,
    pub(super) endpoint: EndpointKind,
    pub(super) user: String,
    pub(super) database: Option<String>,
    pub(super) region: Option<String>,
    pub(super) account: Option<String>,
    pub(super) resource_id: Option<ResourceId>,
    /// In upper case, with `, ` between them.
    pub(super) privileges: String,
}

/// What some format cannot do without.
pub(super) enum Missing {
    User,
    Database,
    Region,
    RegionOfGlobal,
    Account,
    ResourceId,
}

impl Settings {
    pub(super) fn from_arguments(arguments: &Setup) -> Result<Self, Error> {
        let host = arguments.hostname.as_deref();
        let user = arguments.username.as_deref().ok_or(Missing::User)?;
        let resource_id = arguments.resource_id.as_deref().map(ResourceId::parse);
        let settings = Self {
            host: host.map(checked_host).transpose()?,
            endpoint: host.map_or(EndpointKind::Unknown, EndpointKind::of_endpoint),
            user: printable("user", user)?,
            database: arguments.database.as_deref().map(database).transpose()?,
            region: region_without_profile(
                arguments.region.as_deref(),
                host.unwrap_or_default(),
                process_variable,
            )
            .map(|(name, _)| name)
            .map(region)
            .transpose()?,
            account: arguments.account.as_deref().map(account).transpose()?,
            resource_id: resource_id
                .transpose()
                .map_err(|error| Error::Usage(format!("--resource-id: {error}")))?,
            privileges: privileges(&arguments.privileges)?,
        };
        settings.check_resource_id()?;
        Ok(settings)
    }

    pub(super) fn region(&self) -> Result<&str, Error> {
        let missing = match self.endpoint {
            EndpointKind::GlobalWriter { .. } => Missing::RegionOfGlobal,
            _ => Missing::Region,
        };
        Ok(self.region.as_deref().ok_or(missing)?)
    }

    /// An id of the wrong kind makes a policy that looks right and allows nothing.
    fn check_resource_id(&self) -> Result<(), Error> {
        let Some(id) = &self.resource_id else {
            return Ok(());
        };
        let needed = match (&self.endpoint, id.kind()) {
            (EndpointKind::Proxy { .. }, ResourceKind::Instance | ResourceKind::Cluster) => {
                "the endpoint is a proxy's, and a proxy's resource id is prx-…"
            }
            (
                EndpointKind::Cluster { .. } | EndpointKind::GlobalWriter { .. },
                ResourceKind::Instance | ResourceKind::Proxy,
            ) => "the endpoint is a cluster's, and a cluster's resource id is cluster-…",
            (EndpointKind::Instance { .. }, ResourceKind::Proxy) => {
                "the endpoint is an instance's, and its resource id is db-…, or cluster-… in Aurora"
            }
            _ => return Ok(()),
        };
        Err(Error::Usage(format!("--resource-id {id}: {needed}")))
    }
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        let (what, how) = match missing {
            Missing::User => (
                "user",
                "give the database user with --username, or set DB_USER",
            ),
            Missing::Database => (
                "database",
                "give the one to be granted with --database, or set DB_NAME",
            ),
            Missing::Region => (
                "region",
                "the host's name does not tell it; give it with --region, or set AWS_REGION",
            ),
            Missing::RegionOfGlobal => (
                "region",
                "an Aurora global database has a cluster in each of its regions: give one of them with --region",
            ),
            Missing::Account => (
                "account",
                "give its 12 digits with --account; aws sts get-caller-identity prints them",
            ),
            Missing::ResourceId => (
                "resource id",
                "give it with --resource-id; rds-bridge setup --format text says how to find it",
            ),
        };
        Self::MissingSetting { what, how }
    }
}

/// As every command checks it: a policy for a name that is none looks right and allows nothing.
fn checked_host(host: &str) -> Result<String, Error> {
    host_name::check_signable(host)
        .map_err(|problem| rds_bridge::Error::setting("endpoint", problem.to_string()))?;
    Ok(host.to_owned())
}

fn printable(what: &str, text: &str) -> Result<String, Error> {
    if text.is_empty() {
        return Err(Error::Usage(format!("the {what} is empty")));
    }
    if text.contains(char::is_control) {
        let line = format!("the {what} may not hold control characters");
        return Err(Error::Usage(line));
    }
    Ok(text.to_owned())
}

fn database(text: &str) -> Result<String, Error> {
    if matches!(text, "*" | "%") {
        let line = "the database is one database's name: grant more by hand";
        return Err(Error::Usage(line.to_owned()));
    }
    printable("database", text)
}

fn region(text: String) -> Result<String, Error> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || !text.bytes().all(allowed) {
        let line = "the region has lower-case letters, digits and '-', as eu-central-1";
        return Err(Error::Usage(line.to_owned()));
    }
    Ok(text)
}

/// With or without the hyphens that the console shows.
fn account(text: &str) -> Result<String, Error> {
    let digits: String = text.chars().filter(|character| *character != '-').collect();
    if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let line = "--account has 12 digits, as 123456789012";
        return Err(Error::Usage(line.to_owned()));
    }
    Ok(digits)
}

/// Words between commas: they go into the statement as they are.
fn privileges(text: &str) -> Result<String, Error> {
    let words: Vec<String> = text
        .split(',')
        .map(|privilege| {
            privilege
                .split_ascii_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let is_word = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'_');
    if words
        .iter()
        .any(|word| word.is_empty() || !word.bytes().all(is_word))
    {
        let line = "--privileges are words with commas between them, as SELECT,INSERT";
        return Err(Error::Usage(line.to_owned()));
    }
    Ok(words.join(", ").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileges_are_words() {
        for (text, expected) in [
            ("SELECT", "SELECT"),
            ("select,insert", "SELECT, INSERT"),
            (
                " show  view , create temporary tables",
                "SHOW VIEW, CREATE TEMPORARY TABLES",
            ),
        ] {
            assert_eq!(privileges(text).unwrap(), expected);
        }
        for text in [
            "",
            ",",
            "SELECT,",
            "ALL ON *.* TO x; --",
            "SELECT (a)",
            "SELECT;",
        ] {
            assert!(privileges(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_account_has_twelve_digits() {
        for text in ["123456789012", "1234-5678-9012"] {
            assert_eq!(account(text).unwrap(), "123456789012");
        }
        for text in ["", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦"] {
            assert!(account(text).is_err(), "{text}");
        }
    }
}
