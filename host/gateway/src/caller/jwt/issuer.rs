//! An issuer of tokens, and where its keys are.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::Uri;
use jsonwebtoken::Algorithm;
use thiserror::Error;

use super::TokenAlgorithm;
use super::fetch::Fetch;
use super::key_cache::KeyCache;

/// An issuer of JSON Web Tokens. Its keys are fetched when they are first needed, and again when they are older than 5
/// minutes, or a token names a key that is not among them.
#[derive(Debug)]
pub struct TokenIssuer {
    issuer: String,
    jwks_url: String,
    audience: String,
    algorithms: Vec<Algorithm>,
    keys: Arc<KeyCache>,
}

/// Why the settings of an issuer are invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The issuer is empty.
    #[error("the issuer is empty: set it to the iss claim of its tokens")]
    Issuer,
    /// The audience is empty.
    #[error("the audience is empty: set it to the aud claim of the tokens for this gateway")]
    Audience,
    /// There is no algorithm.
    #[error(
        "the list of algorithms is empty: name those with which the issuer signs, such as RS256"
    )]
    Algorithms,
    /// The URL of the keys is not one of HTTPS.
    #[error(
        "the URL of the keys does not begin with https:// (http:// is allowed for this machine only)"
    )]
    Url,
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
        algorithms: impl IntoIterator<Item = TokenAlgorithm>,
    ) -> Result<Self, IssuerError> {
        let (issuer, jwks_url, audience) = (issuer.into(), jwks_url.into(), audience.into());
        let algorithms: Vec<Algorithm> = algorithms.into_iter().map(Algorithm::from).collect();
        if issuer.is_empty() {
            return Err(IssuerError::Issuer);
        }
        if audience.is_empty() {
            return Err(IssuerError::Audience);
        }
        if algorithms.is_empty() {
            return Err(IssuerError::Algorithms);
        }
        let scheme = scheme(&jwks_url).ok_or(IssuerError::Url)?;
        Ok(Self {
            keys: Arc::new(KeyCache::new(Fetch::new(jwks_url.clone(), scheme))),
            issuer,
            jwks_url,
            audience,
            algorithms,
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn audience(&self) -> &str {
        &self.audience
    }

    pub(super) fn allows(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    pub(super) fn keys(&self) -> &Arc<KeyCache> {
        &self.keys
    }

    /// Whether it has the same settings.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let Self {
            issuer,
            jwks_url,
            audience,
            algorithms,
            keys: _,
        } = self;
        *issuer == other.issuer
            && *jwks_url == other.jwks_url
            && *audience == other.audience
            && *algorithms == other.algorithms
    }
}

/// How the keys are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Https,
    /// From this machine.
    Http,
}

/// The scheme of a URL that may be fetched.
fn scheme(url: &str) -> Option<Scheme> {
    let url: Uri = url.parse().ok()?;
    let host = url.host().filter(|it| !it.is_empty())?;
    // A user or a password would be sent, and be logged.
    if url.authority()?.as_str().contains('@') {
        return None;
    }
    match url.scheme_str()? {
        "https" => Some(Scheme::Https),
        "http" if is_this_machine(host) => Some(Scheme::Http),
        _ => None,
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let address: Result<IpAddr, _> = bare.unwrap_or(host).parse();
    address.map_or(host.eq_ignore_ascii_case("localhost"), |it| {
        it.to_canonical().is_loopback()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for (url, expected) in [
            ("https://issuer.example/jwks", Some(Scheme::Https)),
            ("HTTPS://issuer.example:8443/a?b", Some(Scheme::Https)),
            ("http://127.0.0.1:8080/jwks", Some(Scheme::Http)),
            ("http://[::1]/jwks", Some(Scheme::Http)),
            ("http://localhost/jwks", Some(Scheme::Http)),
            ("http://issuer.example/jwks", None),
            ("http://10.0.0.1/jwks", None),
            ("http://localhost.evil.example/jwks", None),
            ("http://127.0.0.1@evil.example/jwks", None),
            ("https://user:hunter2@issuer.example/", None),
            ("ftp://issuer.example/", None),
            ("file:///etc/passwd", None),
            ("issuer.example", None),
            ("/jwks", None),
            ("", None),
        ] {
            assert_eq!(scheme(url), expected, "{url}");
        }
    }

    #[test]
    fn an_issuer_has_every_setting() {
        let rs256 = || [TokenAlgorithm::Rs256];
        let url = "https://issuer.example/jwks";
        let error = |made: Result<TokenIssuer, IssuerError>| made.unwrap_err();
        assert_eq!(
            error(TokenIssuer::new("", url, "a", rs256())),
            IssuerError::Issuer
        );
        assert_eq!(
            error(TokenIssuer::new("i", url, "", rs256())),
            IssuerError::Audience
        );
        assert_eq!(
            error(TokenIssuer::new("i", url, "a", [])),
            IssuerError::Algorithms
        );
        assert_eq!(
            error(TokenIssuer::new("i", "http://i", "a", rs256())),
            IssuerError::Url
        );
    }
}
