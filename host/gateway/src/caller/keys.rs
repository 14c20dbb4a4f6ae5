//! The keys that callers authenticate with.

use std::collections::{HashMap, HashSet};
use std::fmt;

use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::SecretString;
use thiserror::Error;

use super::Caller;
use super::jwt::{TokenIssuer, Tokens};

/// What callers authenticate with: API keys, signing keys, certificates, and tokens of issuers.
///
/// Of an API key the gateway keeps a keyed hash, and compares in constant time. A signing key is kept as it is, because
/// verifying a signature of SigV4 needs the key itself.
#[derive(Clone)]
pub struct Keys {
    hashing: Box<Hashing>,
    api_keys: HashMap<String, hmac::Tag>,
    signing_keys: HashMap<String, SecretString>,
    /// Callers by a name of their certificate.
    certificates: HashMap<String, String>,
    accepts_any_certificate: bool,
    tokens: Tokens,
}

#[derive(Clone)]
struct Hashing {
    /// Made for this process, so that the hashes say nothing to another.
    key: hmac::Key,
    /// Compared with where no caller has the name, so that a refusal takes as long.
    without_caller: hmac::Tag,
}

impl Keys {
    /// No keys: every request is refused.
    ///
    /// # Errors
    ///
    /// The system has no random numbers.
    pub fn new() -> Result<Self, NoRandomness> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.map_err(|_| NoRandomness)?;
        let without_caller = hmac::sign(&key, b"");
        Ok(Self {
            hashing: Box::new(Hashing {
                key,
                without_caller,
            }),
            api_keys: HashMap::new(),
            signing_keys: HashMap::new(),
            certificates: HashMap::new(),
            accepts_any_certificate: false,
            tokens: Tokens::default(),
        })
    }

    /// Adds an API key, or replaces that of a caller.
    #[must_use]
    pub fn with_api_key(self, name: impl Into<String>, key: &str) -> Self {
        let hash = digest(&SHA256, key.as_bytes());
        self.with_hash(name.into(), hash.as_ref())
    }

    /// Adds an API key by its SHA-256, or replaces that of a caller.
    #[must_use]
    pub fn with_api_key_sha256(self, name: impl Into<String>, sha256: &[u8; 32]) -> Self {
        self.with_hash(name.into(), sha256)
    }

    /// Adds a key pair for requests that are signed by SigV4, or replaces that of a caller. `name` is the access key
    /// id, and `secret` the secret access key.
    #[must_use]
    pub fn with_signing_key(
        mut self,
        name: impl Into<String>,
        secret: impl Into<SecretString>,
    ) -> Self {
        self.signing_keys.insert(name.into(), secret.into());
        self
    }

    /// Recognises a caller by a name of its certificate ([`identity_names`](rds_bridge::tls::identity_names)). The
    /// listener must have TLS and ask clients for certificates, as [`GatewayBuilder::tls`](crate::GatewayBuilder::tls)
    /// says.
    #[must_use]
    pub fn with_certificate(mut self, caller: impl Into<String>, name: impl Into<String>) -> Self {
        self.certificates.insert(name.into(), caller.into());
        self
    }

    /// Recognises every verified certificate: the caller has the certificate's first name.
    #[must_use]
    pub fn with_any_certificate(mut self) -> Self {
        self.accepts_any_certificate = true;
        self
    }

    /// Adds an issuer of tokens by a name, or replaces it.
    #[must_use]
    pub fn with_issuer(mut self, name: impl Into<String>, issuer: TokenIssuer) -> Self {
        self.tokens.add_issuer(name.into(), issuer);
        self
    }

    /// Recognises a caller by a claim in the tokens of an issuer, such as `sub`, which must be a text.
    ///
    /// # Errors
    ///
    /// No issuer with this name was added before.
    pub fn with_token(
        mut self,
        caller: &str,
        issuer: &str,
        claim: &str,
        value: &str,
    ) -> Result<Self, NoSuchIssuer> {
        if self.tokens.add_caller(caller, issuer, claim, value) {
            Ok(self)
        } else {
            Err(NoSuchIssuer(issuer.to_owned()))
        }
    }

    /// Whether there is nothing to authenticate with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.api_keys.is_empty()
            && self.signing_keys.is_empty()
            && self.certificates.is_empty()
            && !self.accepts_any_certificate
            && self.tokens.is_empty()
    }

    /// Whether they belong to several callers.
    pub(super) fn are_of_several(&self) -> bool {
        let names = self.api_keys.keys().chain(self.signing_keys.keys());
        let names: HashSet<&String> = names.chain(self.certificates.values()).collect();
        names.len() > 1 || self.accepts_any_certificate || !self.tokens.is_empty()
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Takes over the keys of issuers that `other` has fetched.
    pub(crate) fn keep_fetched_keys_of(&mut self, other: &Self) {
        self.tokens.keep_keys_of(&other.tokens);
    }

    /// The caller whose certificate has these names.
    pub(crate) fn certified(&self, names: &[String]) -> Option<Caller> {
        let mut known = names.iter().filter_map(|name| self.certificates.get(name));
        let any = names.first().filter(|_| self.accepts_any_certificate);
        known.next().or(any).map(|name| Caller::named(name))
    }

    /// The caller with this name and API key.
    pub(crate) fn caller(&self, name: &str, key: &str) -> Option<Caller> {
        let expected = self.api_keys.get(name);
        let hash = digest(&SHA256, key.as_bytes());
        let tag = expected.unwrap_or(&self.hashing.without_caller);
        let verified = hmac::verify(&self.hashing.key, hash.as_ref(), tag.as_ref());
        (verified.is_ok() && expected.is_some()).then(|| Caller::named(name))
    }

    /// The caller with this access key id, and the secret access key to verify its signature with.
    pub(crate) fn signing_key(&self, access_key_id: &str) -> Option<(Caller, &SecretString)> {
        let secret = self.signing_keys.get(access_key_id)?;
        Some((Caller::named(access_key_id), secret))
    }

    fn with_hash(mut self, name: String, sha256: &[u8]) -> Self {
        let tag = hmac::sign(&self.hashing.key, sha256);
        self.api_keys.insert(name, tag);
        self
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            hashing: _,
            api_keys,
            signing_keys,
            certificates,
            accepts_any_certificate,
            tokens,
        } = self;
        f.debug_struct("Keys")
            .field("api_keys", &api_keys.keys())
            .field("signing_keys", &signing_keys.keys())
            .field("certificates", certificates)
            .field("accepts_any_certificate", accepts_any_certificate)
            .field("tokens", tokens)
            .finish_non_exhaustive()
    }
}

/// The system has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system cannot provide random numbers")]
pub struct NoRandomness;

/// There is no issuer with this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no issuer {0}: add it first")]
pub struct NoSuchIssuer(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_its_own_key() {
        let keys = Keys::new().unwrap();
        let keys = keys
            .with_api_key("app", "correct-horse-battery")
            .with_api_key("other", "other-horse-battery");
        let app = keys.caller("app", "correct-horse-battery");
        assert_eq!(app, Some(Caller::named("app")));
        for (name, key) in [
            ("app", "other-horse-battery"),
            ("app", ""),
            ("unknown", ""),
            ("unknown", "correct-horse-battery"),
            ("", ""),
        ] {
            assert_eq!(keys.caller(name, key), None, "{name} {key}");
        }
    }

    #[test]
    fn a_hash_stands_for_its_key() {
        let hash = digest(&SHA256, b"correct-horse-battery");
        let hash = hash.as_ref().try_into().unwrap();
        let keys = Keys::new().unwrap().with_api_key_sha256("app", &hash);
        assert!(keys.caller("app", "correct-horse-battery").is_some());
        assert!(keys.caller("app", "correct-horse").is_none());
    }

    #[test]
    fn a_caller_is_recognised_by_a_name_of_its_certificate() {
        let keys = Keys::new()
            .unwrap()
            .with_certificate("app", "app@example.com");
        let names = ["app.example.com".to_owned(), "app@example.com".to_owned()];
        assert_eq!(keys.certified(&names), Some(Caller::named("app")));
        assert_eq!(keys.certified(&names[..1]), None);
        assert_eq!(keys.certified(&[]), None);
        let keys = keys.with_any_certificate();
        assert_eq!(keys.certified(&names), Some(Caller::named("app")));
        let first = keys.certified(&names[..1]);
        assert_eq!(first, Some(Caller::named("app.example.com")));
        assert_eq!(keys.certified(&[]), None);
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = Keys::new().unwrap();
        let keys = keys
            .with_api_key("app", "hunter2")
            .with_signing_key("signer", "hunter3");
        let text = format!("{keys:?}");
        assert!(text.contains("app") && text.contains("signer"), "{text}");
        assert!(!text.contains("hunter"), "{text}");
    }
}
