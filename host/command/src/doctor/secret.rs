//! The checks of a secret, which provides some of the settings.

use rds_bridge::clock::SystemClock;
use rds_bridge::{Bridge, BridgeBuilder};

use super::caller::Caller;
use super::checks::Failure;
use super::report::{Outcome, Report};

/// Builds the bridge as [`BridgeBuilder::build`] does, but stage by stage, and reports each.
pub(super) async fn build(
    builder: BridgeBuilder,
    offline: bool,
    report: &mut Report,
) -> Result<Bridge, Failure> {
    let at = |at| move |error| (at, error);
    let named = builder.begin_secret().map_err(at("settings"))?;
    let ready = named.load_credentials().await.map_err(at("credentials"))?;
    let caller = Caller {
        credentials: ready.credentials(),
        region: Some(ready.region()).filter(|_| !offline),
        clock: &SystemClock,
    };
    caller.report(report).await;
    let secret = format!("{} ({})", ready.arn(), ready.region());
    let fetched = ready.fetch().await.map_err(at("secret"))?;
    let (version, keys) = (fetched.version_id(), fetched.keys().join(", "));
    let detail = format!("{secret}, version {version}, with the keys {keys}");
    report.add("secret", Outcome::Good, detail, &[]);
    fetched.build().await.map_err(at("settings"))
}
