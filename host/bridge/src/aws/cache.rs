//! Credentials that are kept while they are good, and fetched by one caller for all.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::credentials::Credentials;
use super::credentials_error::CredentialsError;
use super::provider::CredentialsSource;
use crate::clock::{Clock, SystemClock};

/// Credentials with less left than this are fetched anew: 5 minutes. EC2 has new ones at least so
/// long before the old ones end, and what is signed with the old ones ends with them.
pub const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(5 * 60);

/// How long credentials that are still good are used after a refresh that brought nothing better:
/// 10 seconds. Without it, every connection in their last minutes would ask the source again.
pub const REFRESH_RETRY_AFTER: Duration = Duration::from_secs(10);

/// A source that is asked only when it has to be.
///
/// Callers that need it at the same time share one call, and its error if it fails. An error is not
/// kept: who comes after it asks again. While the credentials at hand are still good, a refresh that
/// fails is logged and is no error.
#[derive(Debug)]
pub struct CachedCredentials {
    source: CredentialsSource,
    clock: Arc<dyn Clock>,
    kept: RwLock<Kept>,
    /// Held while the source is asked. The error of the call that ended last, for those who waited.
    call: Mutex<Option<CredentialsError>>,
}

#[derive(Debug, Default)]
struct Kept {
    credentials: Option<Credentials>,
    /// None: never.
    refresh_at: Option<SystemTime>,
    /// Until then a server's refusal is no reason to ask.
    ask_again_at: Option<SystemTime>,
    /// How many calls have ended: who waited for one knows it by this.
    calls_ended: u64,
}

impl CachedCredentials {
    /// Nothing is fetched until it is asked for.
    #[must_use]
    pub fn new(source: CredentialsSource) -> Self {
        Self::with_clock(source, Arc::new(SystemClock))
    }

    /// By another clock than the machine's.
    #[must_use]
    pub fn with_clock(source: CredentialsSource, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            kept: RwLock::default(),
            call: Mutex::new(None),
        }
    }

    /// Credentials that are good, or as good as the source has them.
    ///
    /// Can be dropped before it is done: of those who wait, the next one asks.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`] if the source gives none and those at hand are over.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let calls_ended = match self.fresh() {
            Ok(credentials) => return Ok(credentials),
            Err(calls_ended) => calls_ended,
        };
        let mut last_error = self.call.lock().await;
        if let Some(answer) = self.answer_since(calls_ended, last_error.as_ref()) {
            return answer;
        }
        let answer = self.source.credentials().await;
        let answer = self.keep(answer);
        *last_error = answer.as_ref().err().cloned();
        answer
    }

    /// Others than a server has refused, in what they have signed: those that somebody has fetched in the
    /// meantime, or what the source gives now. None if those are the same, or there are none. In vain, it asks
    /// once in [`REFRESH_RETRY_AFTER`].
    pub(crate) async fn other_than(&self, refused: &Credentials) -> Option<Credentials> {
        let mut last_error = self.call.lock().await;
        let now = self.clock.now();
        {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            let other = kept.credentials.as_ref();
            if let Some(other) = other.filter(|own| !is_same(own, refused)) {
                return Some(other.clone());
            }
            if kept.ask_again_at.is_some_and(|at| now < at) {
                return None;
            }
        }
        let answer = self.source.credentials().await;
        let answer = self.keep(answer);
        *last_error = answer.as_ref().err().cloned();
        let other = answer.ok().filter(|own| !is_same(own, refused));
        if other.is_none() {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.ask_again_at = now.checked_add(REFRESH_RETRY_AFTER);
        }
        other
    }

    /// Drops what is kept, as when a server has refused what it signed: the next call asks.
    pub fn forget(&self) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.credentials = None;
    }

    /// Those kept, or how many calls have ended so far.
    fn fresh(&self) -> Result<Credentials, u64> {
        let now = self.clock.now();
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        match &kept.credentials {
            Some(credentials) if kept.refresh_at.is_none_or(|at| now < at) => {
                Ok(credentials.clone())
            }
            _ => Err(kept.calls_ended),
        }
    }

    /// What a call gave that ended while this caller waited for it.
    fn answer_since(
        &self,
        calls_ended: u64,
        last_error: Option<&CredentialsError>,
    ) -> Option<Result<Credentials, CredentialsError>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if kept.calls_ended == calls_ended {
            return None;
        }
        match last_error {
            Some(error) => Some(Err(error.clone())),
            None => kept.credentials.clone().map(Ok),
        }
    }

    /// What to answer, now that the source has.
    fn keep(
        &self,
        answer: Result<Credentials, CredentialsError>,
    ) -> Result<Credentials, CredentialsError> {
        let now = self.clock.now();
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.calls_ended = kept.calls_ended.wrapping_add(1);
        match answer {
            Ok(credentials) => {
                kept.refresh_at = end_of(&credentials).map(|end| refresh_at(end, now));
                kept.credentials = Some(credentials.clone());
                Ok(credentials)
            }
            Err(error) => {
                let good = |own: &&Credentials| end_of(own).is_none_or(|end| now < end);
                let Some(credentials) = kept.credentials.as_ref().filter(good).cloned() else {
                    return Err(error);
                };
                let error: &dyn Error = &error;
                tracing::warn!(
                    error,
                    "AWS credentials not refreshed; those at hand still good"
                );
                kept.refresh_at = end_of(&credentials).map(|end| refresh_at(end, now));
                Ok(credentials)
            }
        }
    }
}

/// Whether they sign alike.
fn is_same(one: &Credentials, other: &Credentials) -> bool {
    let session = |it: &Credentials| {
        let token = it.session_token.as_ref();
        token
            .map(|token| token.expose_secret().to_owned())
            .map(Zeroizing::new)
    };
    one.access_key_id == other.access_key_id
        && one.secret_access_key.expose_secret() == other.secret_access_key.expose_secret()
        && session(one) == session(other)
}

/// In good time, or in a little while if that is past; but at their end at the latest.
fn refresh_at(end: SystemTime, now: SystemTime) -> SystemTime {
    let in_good_time = end.checked_sub(REFRESH_BEFORE_EXPIRY).unwrap_or(UNIX_EPOCH);
    let in_a_while = now.checked_add(REFRESH_RETRY_AFTER).unwrap_or(now);
    in_good_time.max(in_a_while).min(end)
}

/// None: without an end, or one that no clock will reach.
fn end_of(credentials: &Credentials) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(credentials.expires_at?))
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]
mod tests;
