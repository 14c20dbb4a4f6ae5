//! Callers: who may connect, how they prove it, and what they may do.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::grants::Grant;
use crate::hashes::PasswordHash;

/// A caller, recognised by any of the credentials that it has.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Caller {
    /// `SHA256(SHA256(password))`, for `caching_sha2_password`. For the proxy.
    pub password_sha256_twice: Option<PasswordHash<32>>,
    /// `SHA1(SHA1(password))`, for `mysql_native_password`. For the proxy.
    pub password_sha1_twice: Option<PasswordHash<20>>,
    /// A name of the caller's certificate: a DNS name, an e-mail address or a URI of its `subjectAltName`, or the
    /// common name of a certificate without this extension.
    pub certificate: Option<String>,
    /// `SHA256(key)` of an API key. For the gateway.
    pub api_key_sha256: Option<PasswordHash<32>>,
    /// File with the secret access key of a key pair for Signature Version 4, and nothing else but white space around it.
    /// The access key id is the caller's name. For the gateway.
    pub sigv4_secret_file: Option<PathBuf>,
    /// The subject of a JSON Web Token, or another claim of it. For the gateway.
    pub jwt: Option<JwtSubject>,
    /// What the caller may do through the gateway. The first one is that of requests that name no database.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

/// A claim in the tokens of an issuer that only the caller's tokens have.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct JwtSubject {
    /// Name of the issuer, of `[gateway.jwt.NAME]`.
    pub issuer: String,
    /// Name of the claim.
    #[serde(default = "default_claim")]
    pub claim: String,
    /// Value of the claim, character by character.
    pub subject: String,
}

fn default_claim() -> String {
    "sub".to_owned()
}

impl Caller {
    /// Whether it has credentials for the gateway.
    #[must_use]
    pub fn may_call_gateway(&self) -> bool {
        self.has_gateway_key() || self.certificate.is_some()
    }

    /// Whether it has credentials for the gateway that it sends in requests.
    #[must_use]
    pub fn has_gateway_key(&self) -> bool {
        self.api_key_sha256.is_some() || self.sigv4_secret_file.is_some() || self.jwt.is_some()
    }

    /// Whether it has credentials of any kind.
    pub(crate) fn has_credentials(&self) -> bool {
        let Self {
            password_sha256_twice,
            password_sha1_twice: _,
            certificate,
            api_key_sha256,
            sigv4_secret_file,
            jwt,
            grants: _,
        } = self;
        password_sha256_twice.is_some()
            || certificate.is_some()
            || api_key_sha256.is_some()
            || sigv4_secret_file.is_some()
            || jwt.is_some()
    }
}
