//! The list of the headers that a signature covers.

use axum::http::HeaderMap;
use axum::http::header::HeaderName;

use super::{AMZ_DATE, SignatureError};

/// Lower-case names in alphabetical order, separated by semicolons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignedHeaders(String);

impl SignedHeaders {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut before = "";
        for name in text.split(';') {
            let is_lower_case = !name.bytes().any(|byte| byte.is_ascii_uppercase());
            if name <= before || !is_lower_case || HeaderName::try_from(name).is_err() {
                return None;
            }
            before = name;
        }
        Some(Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split(';')
    }

    /// Whether the signature covers what it must: the host, the date, and everything that AWS's protocols read from
    /// headers.
    pub(super) fn check_coverage(&self, headers: &HeaderMap) -> Result<(), SignatureError> {
        let of_aws = headers
            .keys()
            .map(HeaderName::as_str)
            .filter(|name| name.starts_with("x-amz-"));
        for required in ["host", AMZ_DATE].into_iter().chain(of_aws) {
            if !self.names().any(|name| name == required) {
                return Err(SignatureError::UnsignedHeader(required.to_owned()));
            }
        }
        Ok(())
    }
}
