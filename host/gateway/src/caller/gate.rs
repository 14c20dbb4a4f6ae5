//! Who may enter: authenticates the sender of a request.

use std::time::{Duration, Instant, SystemTime};

use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use thiserror::Error;
use tracing::debug;

use super::authorization::{Authorization, Basic};
use super::guesses::Guesses;
use super::jwt::{KEYS_PAUSE, TokenError};
use super::peer::{Peer, Source};
use super::{Caller, CallerAuthentication, Keys};
use crate::sigv4::{self, SignatureError};

/// Authenticates the senders of requests.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Whether a trusted proxy in front of the gateway offers TLS, and names the source of a request.
    is_behind_proxy: bool,
    guesses: Guesses,
}

/// Why a request is not answered. Nothing of it was executed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotAdmitted {
    /// Without a reason: a client that guesses learns nothing from it.
    #[error("invalid credentials")]
    Unauthenticated,
    /// A token cannot be guessed, so that the reason is told.
    #[error(transparent)]
    Token(TokenError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error(
        "too many failed attempts from this address: check the credentials, and try again later"
    )]
    TooManyGuesses { wait: Duration },
}

impl NotAdmitted {
    /// After which time the request may be repeated, if that helps.
    pub(crate) fn wait(&self) -> Option<Duration> {
        match self {
            Self::TooManyGuesses { wait } => Some(*wait),
            Self::Token(TokenError::KeysUnavailable) => Some(KEYS_PAUSE),
            Self::Unauthenticated | Self::Token(_) | Self::Signature(_) => None,
        }
    }
}

/// The seconds of a header `Retry-After`: at least 1, and rounded up.
pub(crate) fn retry_after(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(begun).max(1)
}

/// Looks up the caller with a name and an API key.
pub(crate) type FindCaller = fn(&Keys, &str, &str) -> Option<Caller>;

impl Gate {
    pub(crate) fn new(is_behind_proxy: bool) -> Self {
        Self {
            is_behind_proxy,
            guesses: Guesses::default(),
        }
    }

    /// The caller that sends a request with Basic credentials, a bearer token or a certificate.
    ///
    /// # Errors
    ///
    /// [`NotAdmitted`].
    pub(crate) async fn admit(
        &self,
        authentication: &CallerAuthentication,
        parts: &Parts,
        find: FindCaller,
    ) -> Result<Caller, NotAdmitted> {
        match authentication {
            CallerAuthentication::TrustLoopback => Ok(Caller::of_this_machine()),
            CallerAuthentication::Keys(keys) => self.caller(keys, parts, find).await,
        }
    }

    /// The caller that sends a request that is signed for `service`, or one that [`Self::admit`] recognises by Basic
    /// credentials, a token or a certificate.
    ///
    /// # Errors
    ///
    /// [`NotAdmitted`].
    pub(crate) async fn admit_signed(
        &self,
        authentication: &CallerAuthentication,
        parts: &Parts,
        body: &[u8],
        service: &str,
    ) -> Result<Caller, NotAdmitted> {
        let keys = match authentication {
            CallerAuthentication::TrustLoopback => return Ok(Caller::of_this_machine()),
            CallerAuthentication::Keys(keys) => keys,
        };
        match Authorization::read(&parts.headers) {
            Authorization::Basic(_) | Authorization::Bearer(_) => {
                self.caller(keys, parts, Keys::caller).await
            }
            Authorization::Missing | Authorization::Other => {
                self.signer(keys, parts, body, service)
            }
        }
    }

    /// Whether the sender of a request that is signed for `service` may be a caller, by its headers alone: the signature
    /// needs the body. [`Self::admit_signed`] decides when the body was read.
    ///
    /// # Errors
    ///
    /// [`NotAdmitted`].
    pub(crate) async fn check_signed_head(
        &self,
        authentication: &CallerAuthentication,
        parts: &Parts,
        service: &str,
    ) -> Result<(), NotAdmitted> {
        let keys = match authentication {
            CallerAuthentication::TrustLoopback => return Ok(()),
            CallerAuthentication::Keys(keys) => keys,
        };
        if let Authorization::Basic(_) | Authorization::Bearer(_) =
            Authorization::read(&parts.headers)
        {
            return self.caller(keys, parts, Keys::caller).await.map(drop);
        }
        if certified(keys, parts).is_some() {
            return Ok(());
        }
        let id = sigv4::check_head(&parts.headers, service, SystemTime::now())?;
        let source = self.source(parts);
        self.check_guesses(source, &id)?;
        if keys.signing_key(&id).is_none() {
            self.note_guess(source, &id);
            return Err(SignatureError::UnknownAccessKeyId.into());
        }
        Ok(())
    }

    async fn caller(
        &self,
        keys: &Keys,
        parts: &Parts,
        find: FindCaller,
    ) -> Result<Caller, NotAdmitted> {
        match Authorization::read(&parts.headers) {
            Authorization::Basic(basic) => self.owner(keys, &basic, self.source(parts), find),
            Authorization::Bearer(token) => {
                let found = keys.tokens().caller(token).await;
                found.map_err(|error| {
                    debug!(%error, "refused a token");
                    NotAdmitted::Token(error)
                })
            }
            Authorization::Missing => certified(keys, parts).ok_or(NotAdmitted::Unauthenticated),
            Authorization::Other => Err(NotAdmitted::Unauthenticated),
        }
    }

    /// The owner of an API key.
    fn owner(
        &self,
        keys: &Keys,
        basic: &Basic,
        source: Option<Source>,
        find: FindCaller,
    ) -> Result<Caller, NotAdmitted> {
        // A dialect may decode the name, so that one name has many spellings. They count together.
        let name = percent_decode_str(basic.name()).decode_utf8_lossy();
        self.check_guesses(source, &name)?;
        find(keys, basic.name(), basic.key()).ok_or_else(|| {
            self.note_guess(source, &name);
            NotAdmitted::Unauthenticated
        })
    }

    /// The owner of the key pair that a request is signed with.
    ///
    /// The SDKs sign every request. With a certificate they may do so with any key that the gateway does not know.
    fn signer(
        &self,
        keys: &Keys,
        parts: &Parts,
        body: &[u8],
        service: &str,
    ) -> Result<Caller, NotAdmitted> {
        if let Some(caller) = certified(keys, parts) {
            let claimed = sigv4::access_key_id(&parts.headers);
            if claimed.is_none_or(|id| keys.signing_key(&id).is_none()) {
                return Ok(caller);
            }
        }
        let source = self.source(parts);
        let (mut claimed, mut paused) = (None, None);
        let secret = |id: &str| {
            claimed = Some(id.to_owned());
            paused = self.check_guesses(source, id).err();
            let known = keys.signing_key(id).filter(|_| paused.is_none());
            known.map(|(_, secret)| secret)
        };
        let verified = sigv4::verify(parts, body, service, secret, SystemTime::now());
        if let Some(paused) = paused {
            return Err(paused);
        }
        let id = verified.inspect_err(|_| {
            // Without a claimed key, the request has a fault of a clock or of a client, and is no guess.
            if let Some(claimed) = &claimed {
                self.note_guess(source, claimed);
            }
        })?;
        let owner = keys.signing_key(&id).map(|(caller, _)| caller);
        owner.ok_or_else(|| SignatureError::UnknownAccessKeyId.into())
    }

    fn source(&self, parts: &Parts) -> Option<Source> {
        let peer = parts.extensions.get::<Peer>()?;
        peer.source(&parts.headers, self.is_behind_proxy)
    }

    fn check_guesses(&self, source: Option<Source>, name: &str) -> Result<(), NotAdmitted> {
        // Without a source, the limit would be one on all callers.
        let Some(source) = source else {
            return Ok(());
        };
        let checked = self.guesses.check(source, name, Instant::now());
        checked.map_err(|wait| NotAdmitted::TooManyGuesses { wait })
    }

    fn note_guess(&self, source: Option<Source>, name: &str) {
        if let Some(source) = source {
            self.guesses.note_failure(source, name, Instant::now());
        }
    }
}

/// The caller whose certificate the client has sent, if it is still valid.
fn certified(keys: &Keys, parts: &Parts) -> Option<Caller> {
    let peer = parts.extensions.get::<Peer>()?;
    keys.certified(peer.names(SystemTime::now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up() {
        for (milliseconds, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_900, 60)] {
            let wait = Duration::from_millis(milliseconds);
            assert_eq!(retry_after(wait), seconds, "{milliseconds}");
        }
    }
}
