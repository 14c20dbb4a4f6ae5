//! JSON Web Tokens: verifies them with the keys of their issuers, and finds the caller.
//!
//! Source: RFC 7519, and RFC 8725, "JSON Web Token Best Current Practices". The times are those of Neon's proxy.

mod algorithm;
mod fetch;
mod issuer;
mod key_cache;
mod key_set;
mod ring_verifier;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::Caller;
pub use algorithm::{TokenAlgorithm, UnknownAlgorithm};
pub use issuer::{IssuerError, TokenIssuer};
use key_cache::KeyError;

/// A longer token is not decoded.
const LONGEST_TOKEN: usize = 8 << 10;
/// How far the clocks of the issuer and the gateway may differ, in seconds.
const LEEWAY: u64 = 30;

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
    #[error("the token is valid, but its subject is not a caller of the gateway")]
    NoCaller,
    /// No fault of the token.
    #[error("the keys of the token's issuer cannot be fetched")]
    KeysUnavailable,
}

/// The issuer that a token claims to have, before anything is verified.
#[derive(Deserialize)]
struct ClaimedIssuer {
    iss: String,
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
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        let claimed: ClaimedIssuer =
            insecure_decode_claims(token).map_err(|_| TokenError::Claim("iss".to_owned()))?;
        let mut refused = TokenError::UnknownIssuer;
        // Several may have the same issuer, for different audiences.
        for named in &self.issuers {
            if named.issuer.issuer() != claimed.iss {
                continue;
            }
            match named.caller(token, &header).await {
                Ok(caller) => return Ok(caller),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

impl Named {
    async fn caller(&self, token: &str, header: &Header) -> Result<Caller, TokenError> {
        let claims = verify(&self.issuer, token, header).await?;
        let found = self.callers.iter().find_map(|(claim, callers)| {
            let value = claims.get(claim)?.as_str()?;
            callers.get(value)
        });
        found
            .map(|name| Caller::named(name))
            .ok_or(TokenError::NoCaller)
    }
}

/// The claims of a token, if it is valid.
async fn verify(
    issuer: &TokenIssuer,
    token: &str,
    header: &Header,
) -> Result<Map<String, Value>, TokenError> {
    // The token does not choose how it is verified.
    if !issuer.allows(header.alg) {
        return Err(TokenError::Algorithm);
    }
    let key = issuer.keys().key(header.kid.as_deref(), header.alg).await;
    let key = key.map_err(|error| match error {
        KeyError::Unknown => TokenError::UnknownKey,
        KeyError::Unavailable => TokenError::KeysUnavailable,
    })?;
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[issuer.issuer()]);
    validation.set_audience(&[issuer.audience()]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    ring_verifier::install();
    let decoded = decode::<Map<String, Value>>(token, &key, &validation);
    decoded
        .map(|it| it.claims)
        .map_err(|error| match error.into_kind() {
            ErrorKind::ExpiredSignature => TokenError::Expired,
            ErrorKind::ImmatureSignature => TokenError::NotYetValid,
            ErrorKind::InvalidAudience => TokenError::Audience,
            ErrorKind::InvalidIssuer => TokenError::UnknownIssuer,
            ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => TokenError::Algorithm,
            ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
                TokenError::Claim(claim)
            }
            ErrorKind::InvalidSignature => TokenError::Signature,
            _ => TokenError::Malformed,
        })
}
