//! `CredentialScope`: what day, region and service a signature is for.

use super::amz_date::AmzDate;

/// The service that IAM knows the action `rds-db:connect` under.
pub(super) const SERVICE: &str = "rds-db";
/// Ends every scope of Signature Version 4.
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
