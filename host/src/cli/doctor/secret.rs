//! A secret, and what of the settings is in it.

use super::caller::Caller;
use super::checks::Failure;
use super::report::{Outcome, Report};
use crate::aws::{CachedSecret, SecretsManager};
use crate::bridge::{self, BridgeBuilder, secret};

/// What the builder would do by itself, step by step.
pub(super) async fn fetch(
    builder: &BridgeBuilder,
    cached: &CachedSecret<SecretsManager>,
    offline: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    let SecretsManager {
        id,
        region,
        credentials,
        ..
    } = cached.source();
    let credentials = bridge::credentials(credentials, builder.timeouts.credentials).await;
    let caller = Caller {
        credentials: &credentials.map_err(|error| ("credentials", error))?,
        region: Some(region.as_str()).filter(|_| !offline),
        clock: &*builder.clock,
    };
    caller.report(report).await;
    let fetched = secret::fetch(cached, &builder.timeouts).await;
    let fetched = fetched.map_err(|error| ("secret", error))?;
    let has = [
        ("username", fetched.username.is_some()),
        ("password", true),
        ("host", fetched.host.is_some()),
        ("port", fetched.port.is_some()),
        ("dbname", fetched.database.is_some()),
    ];
    let has: Vec<&str> = has
        .iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| *name)
        .collect();
    let detail = format!(
        "{id} ({region}), version {}: {}",
        fetched.version_id,
        has.join(", ")
    );
    report.add("secret", Outcome::Good, detail, &[]);
    Ok(())
}
