//! `rds-bridge token`

use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::arguments::Token;
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
    let host = arguments.endpoint.host()?;
    let user = arguments.endpoint.user()?;
    let signed_at = arguments.signed_at.as_deref().map(time_of).transpose()?;
    host_name::check_signable(host)
        .map_err(|problem| rds_bridge::Error::setting("endpoint", problem.to_string()))?;
    let host = &match arguments.endpoint.resolve_cname() {
        true => runtime::block_on(resolve_alias(host))?,
        false => host.to_owned(),
    };
    let (region, credentials) = region_and_credentials(arguments, host)?;
    // Now, and not before the credentials were waited for.
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

/// Files, processes and the network are asked, and a runtime is made, only where the environment and
/// the endpoint's name do not say it all: starting takes milliseconds.
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

fn time_of(text: &str) -> Result<u64, Error> {
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| Error::InvalidTime)?;
    u64::try_from(at.unix_timestamp()).map_err(|_| Error::ClockBefore1970)
}
