//! Step 3 of SigV4: the string to sign.

use super::amz_date::AmzDate;
use super::credential_scope::CredentialScope;
use super::unsigned_token::ALGORITHM;

/// The string to sign: the algorithm, the date, the credential scope and the hash of the canonical request, one per
/// line.
pub(super) struct StringToSign(String);

impl StringToSign {
    pub(super) fn new(
        date: &AmzDate,
        scope: &CredentialScope,
        hashed_canonical_request: &str,
    ) -> Self {
        let (date, scope) = (date.text(), scope.as_str());
        Self(
            [
                ALGORITHM,
                "\n",
                date,
                "\n",
                scope,
                "\n",
                hashed_canonical_request,
            ]
            .concat(),
        )
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}
