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
    /// A key pair for Signature Version 4. For the gateway.
    pub sigv4: Option<Sigv4KeyPair>,
    /// The subject of a JSON Web Token. For the gateway.
    pub jwt: Option<JwtSubject>,
    /// What the caller may do through the gateway. The first one is that of requests that name no database.
    #[serde(default)]
    pub grants: Vec<Grant>,
}

/// A key pair of the gateway's own, with which an AWS SDK signs requests.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Sigv4KeyPair {
    /// The access key id. `None` is the caller's name.
    pub access_key_id: Option<String>,
    /// File that contains the secret access key, and nothing else but white space around it.
    pub secret_file: PathBuf,
}

/// The subject of the tokens of an issuer.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct JwtSubject {
    /// Name of the issuer, of `[gateway.jwt.NAME]`.
    pub issuer: String,
    /// The claim `sub`, character by character.
    pub subject: String,
}

impl Caller {
    /// The access key id with which the caller signs requests, if it does.
    #[must_use]
    pub fn access_key_id<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let pair = self.sigv4.as_ref()?;
        Some(pair.access_key_id.as_deref().unwrap_or(name))
    }

    /// Whether it has credentials of any kind.
    pub(crate) fn has_credentials(&self) -> bool {
        let Self {
            password_sha256_twice,
            password_sha1_twice: _,
            certificate,
            api_key_sha256,
            sigv4,
            jwt,
            grants: _,
        } = self;
        password_sha256_twice.is_some()
            || certificate.is_some()
            || api_key_sha256.is_some()
            || sigv4.is_some()
            || jwt.is_some()
    }
}
