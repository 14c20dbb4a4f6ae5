//! The settings of `rds-bridge setup`, each validated before it goes into SQL, JSON or a shell command.

use super::Setup;
use crate::endpoint_arguments::NO_USER;
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
    /// In upper case, separated by `, `.
    pub(super) privileges: String,
}

/// A setting that a format requires and that was not given.
pub(super) enum Missing {
    User,
    Database,
    Region,
    RegionOfEndpoint,
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
            user: printable("--username", user)?,
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
        let missing = match (&self.endpoint, &self.host) {
            (EndpointKind::GlobalWriter { .. }, _) => Missing::RegionOfGlobal,
            (_, Some(_)) => Missing::RegionOfEndpoint,
            (_, None) => Missing::Region,
        };
        Ok(self.region.as_deref().ok_or(missing)?)
    }

    /// Rejects a resource ID of the wrong kind: the policy would look right and allow nothing.
    fn check_resource_id(&self) -> Result<(), Error> {
        let Some(id) = &self.resource_id else {
            return Ok(());
        };
        let needed = match (&self.endpoint, id.kind()) {
            (EndpointKind::Proxy { .. }, ResourceKind::Instance | ResourceKind::Cluster) => {
                "the endpoint is that of a proxy, whose resource ID begins with prx-…"
            }
            (
                EndpointKind::Cluster { .. } | EndpointKind::GlobalWriter { .. },
                ResourceKind::Instance | ResourceKind::Proxy,
            ) => "the endpoint is that of a cluster, whose resource ID begins with cluster-…",
            (EndpointKind::Instance { .. }, ResourceKind::Proxy) => {
                "the endpoint is that of an instance, whose resource ID begins with db-…, or with cluster-… in Aurora"
            }
            _ => return Ok(()),
        };
        Err(Error::Usage(format!("--resource-id {id}: {needed}")))
    }
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        let (what, how) = match missing {
            Missing::User => ("user", NO_USER),
            Missing::Database => (
                "database",
                "give the database on which to grant privileges with --database, or set DB_NAME",
            ),
            Missing::Region => (
                "region",
                "give it with --region, or give an endpoint whose name contains it with --hostname",
            ),
            Missing::RegionOfEndpoint => (
                "region",
                "the endpoint's name contains none: give it with --region, or set AWS_REGION",
            ),
            Missing::RegionOfGlobal => (
                "region",
                "an Aurora global database has a cluster in each of its regions; give one of the regions with --region",
            ),
            Missing::Account => (
                "account",
                "give its 12 digits with --account; 'aws sts get-caller-identity' prints them",
            ),
            Missing::ResourceId => (
                "resource ID",
                "give it with --resource-id; 'rds-bridge setup --format text' explains how to find it",
            ),
        };
        Self::MissingSetting { what, how }
    }
}

/// Checks the endpoint as the other commands do: a policy for an invalid name would look right and allow nothing.
fn checked_host(host: &str) -> Result<String, Error> {
    host_name::check_signable(host)
        .map_err(|problem| rds_bridge::Error::setting("endpoint", problem.to_string()))?;
    Ok(host.to_owned())
}

fn printable(option: &str, text: &str) -> Result<String, Error> {
    if text.is_empty() {
        return Err(Error::Usage(format!("{option} is empty")));
    }
    if text.contains(char::is_control) {
        let line = format!("{option} must not contain control characters");
        return Err(Error::Usage(line));
    }
    Ok(text.to_owned())
}

fn database(text: &str) -> Result<String, Error> {
    if matches!(text, "*" | "%") {
        let line =
            "--database takes one database's name, not a pattern; to grant more, edit the SQL";
        return Err(Error::Usage(line.to_owned()));
    }
    printable("--database", text)
}

fn region(text: String) -> Result<String, Error> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || !text.bytes().all(allowed) {
        let line = format!(
            "the region {text:?} is invalid: it consists of lower-case letters, digits and '-', such as eu-central-1"
        );
        return Err(Error::Usage(line));
    }
    Ok(text)
}

/// Accepts the hyphens that the console shows, and removes them.
fn account(text: &str) -> Result<String, Error> {
    let digits: String = text.chars().filter(|character| *character != '-').collect();
    if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let line = "--account takes 12 digits, such as 123456789012";
        return Err(Error::Usage(line.to_owned()));
    }
    Ok(digits)
}

/// Normalises a list of privileges. They are not quoted in the statement, so only words are allowed.
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
        let line = "--privileges takes words separated by commas, such as SELECT,INSERT";
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
