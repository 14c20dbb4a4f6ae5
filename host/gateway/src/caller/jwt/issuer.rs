//! An issuer of tokens, and where its keys are.

use std::sync::Arc;

use jsonwebtoken::Algorithm;
use rds_bridge_access::{IssuerError, JwtAlgorithm, JwtIssuer};

use super::algorithm::algorithm;
use super::fetch::Fetch;
use super::key_cache::KeyCache;

/// An issuer of JSON Web Tokens. Its keys are fetched when they are first needed, and again when they are older than 5
/// minutes, or a token names a key that is not among them.
#[derive(Debug)]
pub struct TokenIssuer {
    settings: JwtIssuer,
    algorithms: Vec<Algorithm>,
    keys: Arc<KeyCache>,
}

impl TokenIssuer {
    /// `issuer` is the claim `iss` of its tokens, and `audience` their claim `aud`, or an element of it. `jwks_url` is
    /// the address of the issuer's JSON Web Key Set. A token must be signed with one of `algorithms`.
    ///
    /// # Errors
    ///
    /// [`IssuerError`].
    pub fn new(
        issuer: impl Into<String>,
        jwks_url: impl Into<String>,
        audience: impl Into<String>,
        algorithms: impl IntoIterator<Item = JwtAlgorithm>,
    ) -> Result<Self, IssuerError> {
        Self::with_settings(JwtIssuer::new(issuer, jwks_url, audience, algorithms))
    }

    /// As [`Self::new`], with the settings of a configuration.
    ///
    /// # Errors
    ///
    /// [`IssuerError`].
    pub fn with_settings(settings: JwtIssuer) -> Result<Self, IssuerError> {
        let scheme = settings.check()?;
        let algorithms = settings.algorithms.iter().map(|it| algorithm(*it));
        let algorithms: Option<_> = algorithms.collect();
        Ok(Self {
            algorithms: algorithms.ok_or(IssuerError::Algorithms)?,
            keys: Arc::new(KeyCache::new(Fetch::new(settings.jwks_url.clone(), scheme))),
            settings,
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    pub(super) fn audience(&self) -> &str {
        &self.settings.audience
    }

    pub(super) fn allows(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    pub(super) fn keys(&self) -> &Arc<KeyCache> {
        &self.keys
    }

    /// Whether it has the same settings.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}
