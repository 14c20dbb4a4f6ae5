//! The credential scope: the day, the region and the service that a signature is for.

use std::fmt;

/// The last part of every credential scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// `yyyymmdd/region/service/aws4_request`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CredentialScope {
    pub(super) day: String,
    pub(super) region: String,
    pub(super) service: String,
}

impl CredentialScope {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (day, region, service) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next()? != TERMINATOR || parts.next().is_some() {
            return None;
        }
        if day.len() != 8 || !day.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if region.is_empty() || service.is_empty() {
            return None;
        }
        Some(Self {
            day: day.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

impl fmt::Display for CredentialScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            day,
            region,
            service,
        } = self;
        write!(f, "{day}/{region}/{service}/{TERMINATOR}")
    }
}
