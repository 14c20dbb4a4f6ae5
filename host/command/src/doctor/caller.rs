//! Who asks AWS, or signs: the credentials, and whose they are.

use std::time::Duration;

use super::clock::compare;
use super::report::{Outcome, Report};
use rds_bridge::aws::{Credentials, IdentityError, caller_identity};
use rds_bridge::clock::{Clock, date, unix_seconds};
use rds_bridge::error::{Cause, Chain};

/// AWS's answer is worth so much waiting.
const IDENTITY_LIMIT: Duration = Duration::from_secs(5);

pub(super) struct Caller<'a> {
    pub(super) credentials: &'a Credentials,
    /// Whose STS is asked who it is, if one is.
    pub(super) region: Option<&'a str>,
    pub(super) clock: &'a dyn Clock,
}

impl Caller<'_> {
    pub(super) async fn report(&self, report: &mut Report) {
        let credentials = self.credentials;
        let lasting = match (&credentials.session_token, credentials.expires_at) {
            (None, _) => "long-term".to_owned(),
            (Some(_), Some(until)) => format!("temporary, until {}", date(until)),
            (Some(_), None) => "temporary".to_owned(),
        };
        let detail = format!("{}, {lasting}", credentials.access_key_id);
        report.add("credentials", Outcome::Good, detail, &[]);
        if let Some(region) = self.region {
            identity(credentials, region, self.clock, report).await;
        }
    }
}

/// Asks STS whose the credentials are. Without access to STS it warns only: signing needs no network.
async fn identity(credentials: &Credentials, region: &str, clock: &dyn Clock, report: &mut Report) {
    let asked = tokio::time::timeout(IDENTITY_LIMIT, caller_identity(credentials, region)).await;
    let server_time = match asked {
        Ok(Ok(identity)) => {
            let detail = format!("{} (account {})", identity.arn, identity.account);
            report.add("identity", Outcome::Good, detail, &[]);
            identity.server_time
        }
        Ok(Err(error @ IdentityError::Refused { .. })) => {
            let cause = Cause::new(
                "the credentials are wrong, expired or revoked, or this machine's clock is off",
                "get fresh ones: the database will refuse what these sign",
            );
            report.add(
                "identity",
                Outcome::Doubtful,
                Chain(&error).to_string(),
                &[cause],
            );
            match error {
                IdentityError::Refused { server_time, .. } => server_time,
                IdentityError::NoAnswer(_) => None,
            }
        }
        Ok(Err(ref error)) if let Some(refused) = error.endpoint_without_tls() => {
            let cause = Cause::new(
                "the endpoint that the environment or the profile names is one without TLS",
                "give it with https://, or unset it; --offline leaves this out",
            );
            report.add("identity", Outcome::Doubtful, refused, &[cause]);
            None
        }
        Ok(Err(_)) | Err(_) => {
            let cause = Cause::new(
                "there is no way to AWS's STS from here, as in a subnet without one",
                "nothing, if the rest is good; --offline leaves this out",
            );
            report.add(
                "identity",
                Outcome::Doubtful,
                "AWS does not answer",
                &[cause],
            );
            None
        }
    };
    if let (Some(theirs), Some(ours)) = (server_time, unix_seconds(clock.now())) {
        compare(report, ours, theirs, "AWS");
    }
}
