//! Step 4 of SigV4: derives the signing key for a day, a region and the service, and computes the signature.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::amz_date::AmzDate;
use super::canonical_request::hex;
use super::credential_scope::{SERVICE, TERMINATOR};
use super::string_to_sign::StringToSign;
use crate::secret_string::SecretString;

/// `kSigning` in the SigV4 documentation.
pub(super) struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// Derives `kDate`, `kRegion`, `kService` and `kSigning`, each from the one before. `kDate` is derived from the
    /// secret access key.
    pub(super) fn derive(secret_access_key: &SecretString, date: &AmzDate, region: &str) -> Self {
        let secret = secret_access_key.expose();
        let k_secret = Zeroizing::new(["AWS4", secret].concat());
        let k_date = hmac_sha256(k_secret.as_bytes(), date.day().as_bytes());
        let k_region = hmac_sha256(&*k_date, region.as_bytes());
        let k_service = hmac_sha256(&*k_region, SERVICE.as_bytes());
        Self(hmac_sha256(&*k_service, TERMINATOR.as_bytes()))
    }

    /// Computes the signature: 64 lower-case hexadecimal digits.
    pub(super) fn sign(&self, string_to_sign: &StringToSign) -> SecretString {
        let signature = hmac_sha256(&*self.0, string_to_sign.as_str().as_bytes());
        SecretString::new(hex(&signature))
    }
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> Zeroizing<[u8; 32]> {
    // HMAC accepts a key of any length (RFC 2104, section 2), so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Zeroizing::new([0; 32]);
    };
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, section 4.2.
    #[test]
    fn hmac_of_the_rfc() {
        assert_eq!(
            hex::encode(*hmac_sha256(&[0x0b; 20], b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }
}
