//! Credentials that are cached while they are valid, and fetched by one caller for all.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::credentials::Credentials;
use super::credentials_error::CredentialsError;
use super::provider::CredentialsSource;
use crate::clock::{Clock, SystemClock};
use crate::single_flight::SingleFlight;

/// Credentials are refreshed when they expire in less than this time: 5 minutes. EC2 has new ones at least that long
/// before the old ones expire, and a token expires with the credentials that signed it.
pub const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(5 * 60);

/// How long valid credentials are used after a refresh that failed or returned the same ones: 10 seconds. Without it,
/// every connection in their last minutes would ask the source again.
pub const REFRESH_RETRY_AFTER: Duration = Duration::from_secs(10);

/// A source of credentials with a cache.
///
/// Callers that need it at the same time share one call, and its error if it fails. An error is not
/// kept: the next caller asks again. While the cached credentials are still valid, a refresh that
/// fails is logged and is not an error.
#[derive(Debug)]
pub struct CachedCredentials {
    source: CredentialsSource,
    clock: Arc<dyn Clock>,
    kept: RwLock<Kept>,
    calls: SingleFlight<CredentialsError>,
}

#[derive(Debug, Default)]
struct Kept {
    credentials: Option<Credentials>,
    /// When to refresh the credentials; `None` for never.
    refresh_at: Option<SystemTime>,
    /// Until then, a server's refusal is no reason to ask the source.
    ask_again_at: Option<SystemTime>,
}

impl CachedCredentials {
    /// Creates an empty cache. The source is first asked by [`Self::credentials`].
    #[must_use]
    pub fn new(source: CredentialsSource) -> Self {
        Self::with_clock(source, Arc::new(SystemClock))
    }

    /// As [`Self::new`], with this clock.
    #[must_use]
    pub fn with_clock(source: CredentialsSource, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            kept: RwLock::default(),
            calls: SingleFlight::default(),
        }
    }

    /// Returns the cached credentials, or asks the source if it is time to refresh them.
    ///
    /// The future may be dropped: then the next waiting caller asks the source.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`], if the source fails and the cached credentials have expired.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let arrival = self.calls.arrive();
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let mut turn = self.calls.turn(arrival).await;
        if turn.has_waited_for_a_call() {
            if let Some(error) = turn.last_error() {
                return Err(error.clone());
            }
            if let Some(credentials) = self.cached() {
                return Ok(credentials);
            }
        }
        let answer = self.source.credentials();
        turn.call(answer, |answer| self.keep(answer)).await
    }

    /// Credentials other than the ones whose signature a server has refused: another caller has fetched them since, or
    /// the source gives them now. `None` if the source has no others. After a call that found no others it does not ask
    /// again for [`REFRESH_RETRY_AFTER`].
    pub(crate) async fn other_than(&self, refused: &Credentials) -> Option<Credentials> {
        let mut turn = self.calls.turn(self.calls.arrive()).await;
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
        let answer = self.source.credentials();
        let answer = turn.call(answer, |answer| self.keep(answer)).await;
        let other = answer.ok().filter(|own| !is_same(own, refused));
        if other.is_none() {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.ask_again_at = now.checked_add(REFRESH_RETRY_AFTER);
        }
        other
    }

    /// Empties the cache, such as after a server has refused a token: the next call asks the source.
    pub fn forget(&self) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.credentials = None;
    }

    /// The cached credentials, unless it is time to refresh them.
    fn fresh(&self) -> Option<Credentials> {
        let now = self.clock.now();
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = kept.refresh_at.is_none_or(|at| now < at);
        is_fresh.then(|| kept.credentials.clone()).flatten()
    }

    fn cached(&self) -> Option<Credentials> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.credentials.clone()
    }

    /// Stores the source's answer. If it is an error, and the cached credentials are still valid, returns those.
    fn keep(
        &self,
        answer: Result<Credentials, CredentialsError>,
    ) -> Result<Credentials, CredentialsError> {
        let now = self.clock.now();
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
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
                    "refreshing the AWS credentials failed; the cached ones are still valid"
                );
                kept.refresh_at = end_of(&credentials).map(|end| refresh_at(end, now));
                Ok(credentials)
            }
        }
    }
}

/// Whether both make the same signatures.
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

/// [`REFRESH_BEFORE_EXPIRY`] before their end; if that has passed, after [`REFRESH_RETRY_AFTER`]; at their end at the
/// latest.
fn refresh_at(end: SystemTime, now: SystemTime) -> SystemTime {
    let in_good_time = end.checked_sub(REFRESH_BEFORE_EXPIRY).unwrap_or(UNIX_EPOCH);
    let in_a_while = now.checked_add(REFRESH_RETRY_AFTER).unwrap_or(now);
    in_good_time.max(in_a_while).min(end)
}

/// The expiry; `None` if they do not expire, or at a time that the system cannot represent.
fn end_of(credentials: &Credentials) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(credentials.expires_at?))
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a failing test panics")]
mod tests;
