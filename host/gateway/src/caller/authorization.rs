//! The header `Authorization`: Basic credentials, or a bearer token.
//!
//! Source: RFC 7617, RFC 6750.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

/// What a request has to authenticate with.
pub(super) enum Authorization<'h> {
    /// No header, or Basic without a user and a password, which PlanetScale's client sends if it has none.
    Missing,
    Basic(Basic),
    Bearer(&'h str),
    /// Anything else.
    Other,
}

/// The user is the caller's name, and the password its API key.
pub(super) struct Basic {
    /// `user:password`
    credentials: Zeroizing<String>,
    colon: usize,
}

impl Basic {
    pub(super) fn name(&self) -> &str {
        self.credentials.get(..self.colon).unwrap_or_default()
    }

    pub(super) fn key(&self) -> &str {
        let after = self.credentials.get(self.colon..).unwrap_or_default();
        after.strip_prefix(':').unwrap_or_default()
    }
}

impl<'h> Authorization<'h> {
    pub(super) fn read(headers: &'h HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let header = match (values.next(), values.next()) {
            (None, _) => return Self::Missing,
            (Some(header), None) => header.to_str().unwrap_or_default(),
            // Two of them leave open which one is meant.
            (Some(_), Some(_)) => return Self::Other,
        };
        let Some((scheme, credentials)) = header.split_once(' ') else {
            return Self::Other;
        };
        let credentials = credentials.trim();
        if scheme.eq_ignore_ascii_case("Bearer") {
            return Self::Bearer(credentials);
        }
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Self::Other;
        }
        match basic(credentials) {
            Some(basic) if basic.name().is_empty() && basic.key().is_empty() => Self::Missing,
            Some(basic) => Self::Basic(basic),
            None => Self::Other,
        }
    }
}

fn basic(credentials: &str) -> Option<Basic> {
    let credentials = BASE64_STANDARD.decode(credentials).ok()?;
    let credentials = Zeroizing::new(String::from_utf8(credentials).ok()?);
    let colon = credentials.find(':')?;
    Some(Basic { credentials, colon })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(headers: &[&str]) -> String {
        let headers = headers
            .iter()
            .map(|it| (AUTHORIZATION, it.parse().unwrap()));
        match Authorization::read(&headers.collect()) {
            Authorization::Missing => "missing".to_owned(),
            Authorization::Basic(basic) => format!("{}|{}", basic.name(), basic.key()),
            Authorization::Bearer(token) => format!("token {token}"),
            Authorization::Other => "other".to_owned(),
        }
    }

    fn encoded(credentials: &str) -> String {
        format!("basic {}", BASE64_STANDARD.encode(credentials))
    }

    #[test]
    fn every_scheme() {
        assert_eq!(shown(&[]), "missing");
        assert_eq!(shown(&["Basic Og=="]), "missing");
        assert_eq!(shown(&[&encoded("app:0123:ä")]), "app|0123:ä");
        assert_eq!(shown(&[&encoded("app:")]), "app|");
        assert_eq!(shown(&["Bearer a.b.c"]), "token a.b.c");
        assert_eq!(shown(&["bearer  a.b.c "]), "token a.b.c");
        for other in [
            "",
            "Basic",
            "Basic *",
            "Bearer",
            "AWS4-HMAC-SHA256 Credential=x",
            &encoded("app"),
        ] {
            assert_eq!(shown(&[other]), "other", "{other}");
        }
        assert_eq!(shown(&["Bearer a", "Bearer a"]), "other");
    }
}
