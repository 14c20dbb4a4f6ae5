//! `rds-bridge token`

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::arguments::Token;
use super::error::Error;
use super::output;
use crate::aws::{credentials_from_environment, region_of_endpoint};
use crate::guest::{Engine, Grant, Lifetime};

pub(super) fn run(arguments: &Token) -> Result<(), Error> {
    let host = arguments.hostname.as_deref().ok_or(Error::MissingSetting {
        what: "host",
        how: "give the endpoint's name with --hostname, or set DB_HOST",
    })?;
    let user = arguments.username.as_deref().ok_or(Error::MissingSetting {
        what: "user",
        how: "give the database user with --username, or set DB_USER",
    })?;
    let region = region(arguments.region.as_deref(), host)?;
    let signed_at = match &arguments.signed_at {
        Some(text) => time_of(text)?,
        None => now()?,
    };
    let credentials = credentials_from_environment(variable).map_err(Error::Credentials)?;

    let grant = Grant {
        host,
        port: arguments.port,
        region: &region,
        db_user: user,
    };
    let lifetime = Lifetime {
        signed_at,
        expires_in_seconds: arguments.expires_in,
    };
    let token = Engine::new()?
        .instantiate()?
        .presign(&credentials, grant, lifetime)?;
    output::print_line(token.text.expose_secret())
}

/// Given, else the endpoint's own, else the environment's; never a default.
pub(super) fn region(given: Option<&str>, host: &str) -> Result<String, Error> {
    let variable = |name| variable(name).filter(|value| !value.is_empty());
    given
        .map(str::to_owned)
        .or_else(|| region_of_endpoint(host))
        .or_else(|| variable("AWS_REGION"))
        .or_else(|| variable("AWS_DEFAULT_REGION"))
        .ok_or(Error::MissingSetting {
            what: "region",
            how: "the host's name does not tell it; give it with --region, or set AWS_REGION",
        })
}

/// What is not UTF-8 is kept as a character that no setting may hold, so that it is refused and not
/// passed over.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn now() -> Result<u64, Error> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs())
        .map_err(|_| Error::ClockBefore1970)
}

fn time_of(text: &str) -> Result<u64, Error> {
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Error::InvalidTime)?;
    u64::try_from(at.unix_timestamp()).map_err(|_| Error::ClockBefore1970)
}
