//! The keys that callers authenticate with.

use std::collections::HashMap;
use std::fmt;

use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::SecretString;
use thiserror::Error;

use super::Caller;

/// The keys of callers, by the caller's name.
///
/// Of an API key the gateway keeps a keyed hash, and compares in constant time. A signing key is kept as it is, because
/// verifying a signature of SigV4 needs the key itself.
#[derive(Clone)]
pub struct Keys {
    /// Made for this process, so that the hashes say nothing to another.
    hashing: Box<hmac::Key>,
    api_keys: HashMap<String, hmac::Tag>,
    signing_keys: HashMap<String, SecretString>,
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
        let hashing = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let hashing = Box::new(hashing.map_err(|_| NoRandomness)?);
        let without_caller = hmac::sign(&hashing, b"");
        Ok(Self {
            hashing,
            api_keys: HashMap::new(),
            signing_keys: HashMap::new(),
            without_caller,
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

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.api_keys.is_empty() && self.signing_keys.is_empty()
    }

    /// The caller with this name and API key.
    pub(crate) fn caller(&self, name: &str, key: &str) -> Option<Caller> {
        let expected = self.api_keys.get(name);
        let hash = digest(&SHA256, key.as_bytes());
        let tag = expected.unwrap_or(&self.without_caller);
        let verified = hmac::verify(&self.hashing, hash.as_ref(), tag.as_ref());
        (verified.is_ok() && expected.is_some()).then(|| Caller::named(name))
    }

    /// The caller with this access key id, and the secret access key to verify its signature with.
    pub(crate) fn signing_key(&self, access_key_id: &str) -> Option<(Caller, &SecretString)> {
        let secret = self.signing_keys.get(access_key_id)?;
        Some((Caller::named(access_key_id), secret))
    }

    fn with_hash(mut self, name: String, sha256: &[u8]) -> Self {
        let tag = hmac::sign(&self.hashing, sha256);
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
            without_caller: _,
        } = self;
        f.debug_struct("Keys")
            .field("api_keys", &api_keys.keys())
            .field("signing_keys", &signing_keys.keys())
            .finish_non_exhaustive()
    }
}

/// The system has no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the system has no random numbers")]
pub struct NoRandomness;

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
