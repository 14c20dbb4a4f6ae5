//! The checks of the AWS credentials and their identity.

use std::time::Duration;

use super::clock::compare;
use super::report::{Outcome, Report};
use rds_bridge::aws::{Credentials, IdentityError, caller_identity};
use rds_bridge::clock::{Clock, date, unix_seconds};
use rds_bridge::error::{Cause, Chain};

/// How long to wait for the answer of STS.
const IDENTITY_LIMIT: Duration = Duration::from_secs(5);

pub(super) struct Caller<'a> {
    pub(super) credentials: &'a Credentials,
    /// The region whose STS to ask for the identity; none to skip that.
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

/// Asks STS for the identity of the credentials. An unreachable STS is only a warning, because signing needs no
/// network.
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
                "the credentials are wrong, expired or revoked, or this machine's clock is wrong",
                "get fresh credentials, or set the clock: the database will refuse tokens signed with these \
                 credentials",
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
                "the AWS endpoint that the environment or the profile sets does not use TLS",
                "set it to an https:// URL, or unset it; --offline skips this check",
            );
            report.add("identity", Outcome::Doubtful, refused, &[cause]);
            None
        }
        Ok(Err(_)) | Err(_) => {
            let cause = Cause::new(
                "this machine cannot reach AWS STS, for example because its subnet has neither internet access nor a \
                 VPC endpoint for STS",
                "nothing needs to be done if the other checks succeed; --offline skips this check",
            );
            report.add(
                "identity",
                Outcome::Doubtful,
                "AWS STS did not answer",
                &[cause],
            );
            None
        }
    };
    if let (Some(theirs), Some(ours)) = (server_time, unix_seconds(clock.now())) {
        compare(report, ours, theirs, "AWS");
    }
}
