//! `rds-bridge token`: signs a token and prints it.

use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::arguments::Token;
use super::endpoint_arguments::require_both;
use super::error::Error;
use super::sandbox::Sandbox;
use super::{output, runtime};
use rds_bridge::aws::{
    Credentials, DefaultChain, process_variable, region_without_profile, resolve_region,
};
use rds_bridge::component::{ConnectRequest, Lifetime};
use rds_bridge::net::{SystemResolver, host_name};
use rds_bridge::{DEFAULT_PORT, Timeouts};

pub(super) fn run(arguments: &Token) -> Result<(), Error> {
    let (host, user) = require_both(arguments.endpoint.host(), arguments.endpoint.user())?;
    arguments.endpoint.warn_of_region();
    let signed_at = arguments.signed_at.as_deref().map(parse_time).transpose()?;
    host_name::check_signable(host)
        .map_err(|problem| rds_bridge::Error::setting("endpoint", problem.to_string()))?;
    let host = &if arguments.endpoint.resolve_cname() {
        runtime::block_on(resolve_alias(host))?
    } else {
        host.to_owned()
    };
    let (region, credentials) = region_and_credentials(arguments, host)?;
    // Read the clock only now: loading the credentials may have taken seconds.
    let signed_at = match signed_at {
        Some(given) => given,
        None => now()?,
    };

    let request = ConnectRequest {
        host,
        port: arguments.endpoint.port().unwrap_or(DEFAULT_PORT),
        region: &region,
        db_user: user,
    };
    let lifetime = Lifetime {
        signed_at,
        expires_in_seconds: arguments.expires_in,
    };
    let token = Sandbox::new()?
        .instantiate()?
        .presign(&credentials, request, lifetime)?;
    output::print_line(token.text.expose_secret())
}

/// Starts a runtime and the AWS SDK's credentials chain only if the environment and the endpoint's name do not suffice:
/// that saves milliseconds.
fn region_and_credentials(arguments: &Token, host: &str) -> Result<(String, Credentials), Error> {
    let given = arguments.endpoint.region();
    let profile = arguments.endpoint.profile();
    let chain = DefaultChain::new(profile.map(str::to_owned));
    if let Some((region, _)) = region_without_profile(given, host, process_variable)
        && let Some(credentials) = chain.from_environment()?
    {
        return Ok((region, credentials));
    }
    runtime::block_on(async {
        let (region, _) = resolve_region(given, host, profile, process_variable).await?;
        let chain = chain.with_fallback_region(&region);
        Ok((region, chain.credentials().await?))
    })
}

async fn resolve_alias(host: &str) -> Result<String, Error> {
    let timeout = Timeouts::default().resolve;
    Ok(rds_bridge::resolve_alias(host, &SystemResolver, timeout).await?)
}

fn now() -> Result<u64, Error> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs())
        .map_err(|_| Error::ClockBefore1970)
}

fn parse_time(text: &str) -> Result<u64, Error> {
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Error::InvalidTime)?;
    u64::try_from(at.unix_timestamp()).map_err(|_| Error::TimeBefore1970)
}
