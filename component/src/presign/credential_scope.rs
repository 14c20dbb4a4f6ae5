//! The credential scope: the day, the region and the service of a signature.

use super::amz_date::AmzDate;

/// The service prefix of the IAM action `rds-db:connect`.
pub(super) const SERVICE: &str = "rds-db";
/// The last part of every credential scope in SigV4.
pub(super) const TERMINATOR: &str = "aws4_request";

/// `yyyymmdd/region/rds-db/aws4_request`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CredentialScope(String);

impl CredentialScope {
    pub(super) fn new(date: &AmzDate, region: &str) -> Self {
        Self([date.day(), "/", region, "/", SERVICE, "/", TERMINATOR].concat())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}
