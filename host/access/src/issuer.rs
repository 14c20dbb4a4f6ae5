//! Issuers of JSON Web Tokens.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::loopback::is_loopback;

/// An issuer of JSON Web Tokens, and how its tokens are verified.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct JwtIssuer {
    /// The claim `iss` of its tokens, character by character.
    pub issuer: String,
    /// URL of its keys, with `https`, or with `http` on this machine.
    pub jwks_url: String,
    /// What the claim `aud` of its tokens must contain.
    pub audience: String,
    /// The algorithms of its signatures.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<JwtAlgorithm>,
}

fn default_algorithms() -> Vec<JwtAlgorithm> {
    vec![JwtAlgorithm::Rs256]
}

/// Why the settings of an issuer are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The issuer is empty.
    #[error("the issuer is empty: set it to the iss claim of its tokens")]
    Issuer,
    /// The audience is empty.
    #[error("the audience is empty: set it to the aud claim of the tokens for this gateway")]
    Audience,
    /// There is no algorithm.
    #[error("there is no algorithm: name those that the issuer signs with, such as RS256")]
    Algorithms,
    /// The URL of the keys is not one of HTTPS.
    #[error(
        "the URL of the keys needs https:// and a host (http:// is allowed for this machine only)"
    )]
    Url,
}

impl IssuerError {
    /// The key of the file that is wrong.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Algorithms => "algorithms",
            Self::Url => "jwks_url",
        }
    }
}

/// How the keys of an issuer are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysScheme {
    /// Over TLS.
    Https,
    /// From this machine.
    Http,
}

impl JwtIssuer {
    /// An issuer, with the values of its settings.
    #[must_use]
    pub fn new(
        issuer: impl Into<String>,
        jwks_url: impl Into<String>,
        audience: impl Into<String>,
        algorithms: impl IntoIterator<Item = JwtAlgorithm>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            jwks_url: jwks_url.into(),
            audience: audience.into(),
            algorithms: algorithms.into_iter().collect(),
        }
    }

    /// Checks the settings. Returns how the keys are fetched.
    ///
    /// # Errors
    ///
    /// [`IssuerError`].
    pub fn check(&self) -> Result<KeysScheme, IssuerError> {
        if self.issuer.is_empty() {
            return Err(IssuerError::Issuer);
        }
        if self.audience.is_empty() {
            return Err(IssuerError::Audience);
        }
        if self.algorithms.is_empty() {
            return Err(IssuerError::Algorithms);
        }
        scheme(&self.jwks_url).ok_or(IssuerError::Url)
    }
}

/// The scheme of a URL that may be fetched. A user or a password in it would be sent, and be logged.
fn scheme(url: &str) -> Option<KeysScheme> {
    let is_printed = |it: char| it.is_ascii_graphic() && it != '\\';
    let (scheme, rest) = url
        .split_once("://")
        .filter(|_| url.chars().all(is_printed))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match authority.rsplit_once(':') {
        // The last colon of an IPv6 address is within its brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    if host.is_empty() || authority.contains('@') || !port.is_none_or(is_port) {
        return None;
    }
    if scheme.eq_ignore_ascii_case("https") {
        Some(KeysScheme::Https)
    } else if scheme.eq_ignore_ascii_case("http") && is_this_machine(host) {
        Some(KeysScheme::Http)
    } else {
        None
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let address: Result<IpAddr, _> = bare.unwrap_or(host).parse();
    address.map_or(host.eq_ignore_ascii_case("localhost"), is_loopback)
}

/// An algorithm of a token's signature. All are asymmetric: the gateway needs no secret of the issuer.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwtAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[serde(rename = "RS384")]
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[serde(rename = "RS512")]
    Rs512,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// RSASSA-PSS with SHA-384.
    #[serde(rename = "PS384")]
    Ps384,
    /// RSASSA-PSS with SHA-512.
    #[serde(rename = "PS512")]
    Ps512,
    /// ECDSA with P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA with P-384 and SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl JwtAlgorithm {
    /// Its name, as in the header of a token.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for (url, expected) in [
            ("https://issuer.example/jwks", Some(KeysScheme::Https)),
            ("HTTPS://issuer.example:8443/a?b", Some(KeysScheme::Https)),
            ("https://[2001:db8::1]:8443/", Some(KeysScheme::Https)),
            ("http://127.0.0.1:8080/jwks", Some(KeysScheme::Http)),
            ("http://[::1]/jwks", Some(KeysScheme::Http)),
            ("http://[::1]:80/jwks", Some(KeysScheme::Http)),
            ("http://localhost/jwks", Some(KeysScheme::Http)),
            ("http://issuer.example/jwks", None),
            ("http://10.0.0.1/jwks", None),
            ("http://localhost.evil.example/jwks", None),
            ("http://127.0.0.1@evil.example/jwks", None),
            ("http://127.0.0.1:80@evil.example/jwks", None),
            ("http://evil.example\\@127.0.0.1/jwks", None),
            ("https://user:hunter2@issuer.example/", None),
            ("https://issuer.example:x/", None),
            ("https://issuer example/", None),
            ("https:///jwks", None),
            ("https://:443/", None),
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
        let url = "https://issuer.example/jwks";
        let check = |issuer: &str, url: &str, audience: &str, algorithms: &[JwtAlgorithm]| {
            JwtIssuer::new(issuer, url, audience, algorithms.iter().copied()).check()
        };
        let rs256 = [JwtAlgorithm::Rs256];
        assert_eq!(check("i", url, "a", &rs256), Ok(KeysScheme::Https));
        assert_eq!(check("", url, "a", &rs256), Err(IssuerError::Issuer));
        assert_eq!(check("i", url, "", &rs256), Err(IssuerError::Audience));
        assert_eq!(check("i", url, "a", &[]), Err(IssuerError::Algorithms));
        assert_eq!(check("i", "http://i", "a", &rs256), Err(IssuerError::Url));
    }
}
