//! JSON Web Tokens: verifies them with the keys of their issuers, and finds the caller.
//!
//! Source: RFC 7519, and RFC 8725, "JSON Web Token Best Current Practices". The times are those of Neon's proxy.

mod algorithm;
mod claims;
mod fetch;
mod issuer;
mod key_cache;
mod key_set;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Header, decode_header};
use thiserror::Error;

use super::Caller;
use claims::Claims;
pub use issuer::TokenIssuer;
use key_cache::KeyError;
pub(crate) use key_cache::PAUSE_WITHOUT_KEYS as KEYS_PAUSE;

/// A longer token is not decoded.
const LONGEST_TOKEN: usize = 8 << 10;

/// The issuers of tokens, and the callers that their tokens name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    issuers: Vec<Named>,
}

#[derive(Clone, Debug)]
struct Named {
    name: String,
    issuer: Arc<TokenIssuer>,
    /// For each claim that recognises callers: the caller of each value.
    callers: Vec<(String, HashMap<String, String>)>,
}

/// Why a token is refused. It contains nothing of the token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum TokenError {
    #[error("the token is longer than {LONGEST_TOKEN} bytes")]
    TooLong,
    #[error("the token is not a JSON Web Token")]
    Malformed,
    #[error("the gateway does not know the token's issuer")]
    UnknownIssuer,
    #[error("the token's algorithm is not allowed for its issuer")]
    Algorithm,
    #[error("the issuer has no key with the token's key id and algorithm")]
    UnknownKey,
    #[error("the token's signature is invalid")]
    Signature,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token's {0} claim is missing or malformed")]
    Claim(String),
    #[error("the token is valid, but its claims name no caller of the gateway")]
    NoCaller,
    /// No fault of the token.
    #[error("the keys of the token's issuer cannot be fetched")]
    KeysUnavailable,
}

/// A token, whose parts were decoded and not verified.
struct Unverified<'t> {
    header: Header,
    claims: Claims,
    /// What the signature signs: the encoded header and the encoded claims.
    message: &'t str,
    signature: Vec<u8>,
}

impl Tokens {
    pub(crate) fn is_empty(&self) -> bool {
        self.issuers.is_empty()
    }

    /// Adds an issuer by a name, or replaces it.
    pub(crate) fn add_issuer(&mut self, name: String, issuer: TokenIssuer) {
        let issuer = Arc::new(issuer);
        match self.issuers.iter_mut().find(|it| it.name == name) {
            Some(named) => named.issuer = issuer,
            None => self.issuers.push(Named {
                name,
                issuer,
                callers: Vec::new(),
            }),
        }
    }

    /// Recognises a caller by a claim of an issuer's tokens. Returns whether there is such an issuer.
    pub(crate) fn add_caller(
        &mut self,
        caller: &str,
        issuer: &str,
        claim: &str,
        value: &str,
    ) -> bool {
        let Some(named) = self.issuers.iter_mut().find(|it| it.name == issuer) else {
            return false;
        };
        let (caller, value) = (caller.to_owned(), value.to_owned());
        match named.callers.iter_mut().find(|(it, _)| it == claim) {
            Some((_, callers)) => {
                callers.insert(value, caller);
            }
            None => {
                let callers = HashMap::from([(value, caller)]);
                named.callers.push((claim.to_owned(), callers));
            }
        }
        true
    }

    /// Takes over the keys that `other` has fetched, of issuers that are the same in both.
    pub(crate) fn keep_keys_of(&mut self, other: &Self) {
        for named in &mut self.issuers {
            let same = other
                .issuers
                .iter()
                .find(|it| it.issuer.is_same(&named.issuer));
            if let Some(same) = same {
                named.issuer = Arc::clone(&same.issuer);
            }
        }
    }

    /// The caller that a token names.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub(crate) async fn caller(&self, token: &str) -> Result<Caller, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::TooLong);
        }
        let token = Unverified::read(token).ok_or(TokenError::Malformed)?;
        let issuer = token.claims.get("iss").and_then(|it| it.as_str());
        let issuer = issuer.ok_or_else(|| TokenError::Claim("iss".to_owned()))?;
        let mut refused = TokenError::UnknownIssuer;
        // Several may have the same issuer, for different audiences.
        for named in &self.issuers {
            if named.issuer.issuer() != issuer {
                continue;
            }
            match named.caller(&token).await {
                Ok(caller) => return Ok(caller),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

impl<'t> Unverified<'t> {
    /// Decodes a token in its compact form (RFC 7515, section 7.1). `None` if it is no token, or if it demands an
    /// extension (RFC 7515, section 4.1.11), of which the gateway has none.
    fn read(token: &'t str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (_, claims) = message.split_once('.')?;
        let header = decode_header(token).ok().filter(|it| it.crit.is_none())?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        Some(Self {
            header,
            claims: serde_json::from_slice(&claims).ok()?,
            message,
            signature: BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }
}

impl Named {
    async fn caller(&self, token: &Unverified<'_>) -> Result<Caller, TokenError> {
        let claims = verify(&self.issuer, token).await?;
        let found = self.callers.iter().find_map(|(claim, callers)| {
            let value = claims.get(claim)?.as_str()?;
            callers.get(value)
        });
        found
            .map(|name| Caller::named(name))
            .ok_or(TokenError::NoCaller)
    }
}

/// The claims of a token, if it is valid. Its issuer was compared.
async fn verify<'t>(
    issuer: &TokenIssuer,
    token: &'t Unverified<'_>,
) -> Result<&'t Claims, TokenError> {
    let algorithm = token.header.alg;
    // The token does not choose how it is verified.
    if !issuer.allows(algorithm) {
        return Err(TokenError::Algorithm);
    }
    let id = token.header.kid.as_deref();
    let key = issuer.keys().key(id, algorithm).await;
    let key = key.map_err(|error| match error {
        KeyError::Unknown => TokenError::UnknownKey,
        KeyError::Unavailable => TokenError::KeysUnavailable,
    })?;
    if !signature::is_valid(algorithm, &key, token.message.as_bytes(), &token.signature) {
        return Err(TokenError::Signature);
    }
    claims::check(&token.claims, issuer.audience(), SystemTime::now())?;
    Ok(&token.claims)
}
