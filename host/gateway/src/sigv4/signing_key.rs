//! Step 4: the signing key, and the comparison of signatures.

use ring::hmac::{HMAC_SHA256, Key, Tag, sign, verify};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::credential_scope::{CredentialScope, TERMINATOR};
use super::string_to_sign::StringToSign;

/// `kSigning` of the specification.
pub(super) struct SigningKey(Key);

impl SigningKey {
    /// Derives `kDate`, `kRegion`, `kService` and `kSigning`, each from the one before.
    pub(super) fn derive(secret_access_key: &SecretString, scope: &CredentialScope) -> Self {
        let k_secret = Zeroizing::new(["AWS4", secret_access_key.expose_secret()].concat());
        let k_date = hmac(k_secret.as_bytes(), &scope.day);
        let k_region = hmac(k_date.as_ref(), &scope.region);
        let k_service = hmac(k_region.as_ref(), &scope.service);
        let k_signing = hmac(k_service.as_ref(), TERMINATOR);
        Self(Key::new(HMAC_SHA256, k_signing.as_ref()))
    }

    /// Whether the signature is that of the string. The comparison takes a time that does not depend on where they
    /// differ.
    pub(super) fn verifies(&self, string_to_sign: &StringToSign, signature: &[u8; 32]) -> bool {
        verify(&self.0, string_to_sign.as_str().as_bytes(), signature).is_ok()
    }

    #[cfg(test)]
    pub(super) fn sign(&self, string_to_sign: &StringToSign) -> Tag {
        sign(&self.0, string_to_sign.as_str().as_bytes())
    }
}

fn hmac(key: &[u8], message: &str) -> Tag {
    sign(&Key::new(HMAC_SHA256, key), message.as_bytes())
}
