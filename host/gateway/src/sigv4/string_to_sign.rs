//! Step 3: the string to sign.

use super::amz_date::AmzDate;
use super::authorization::ALGORITHM;
use super::canonical_request::CanonicalRequest;
use super::credential_scope::CredentialScope;

/// The algorithm, the time, the scope, and the hash of the canonical request.
pub(super) struct StringToSign(String);

impl StringToSign {
    pub(super) fn new(
        date: &AmzDate,
        scope: &CredentialScope,
        canonical: &CanonicalRequest,
    ) -> Self {
        let (date, hash) = (date.as_str(), canonical.hash());
        Self(format!("{ALGORITHM}\n{date}\n{scope}\n{hash}"))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
