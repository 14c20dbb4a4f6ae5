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
mod tests {
    use std::sync::Mutex as StdMutex;

    use aws_credential_types::Credentials as SdkCredentials;
    use aws_credential_types::provider::error::CredentialsError as SdkError;
    use aws_credential_types::provider::{ProvideCredentials, future};
    use tokio::sync::Semaphore;

    use super::*;

    const START: u64 = 1_724_709_600;

    /// A source that answers as it is told, once for every permit; and the clock.
    #[derive(Debug)]
    struct Scene {
        now: StdMutex<SystemTime>,
        permits: Semaphore,
        /// Seconds that the credentials of a call have left when it is made, or none: an error.
        answer: StdMutex<Option<u64>>,
        calls: StdMutex<u64>,
    }

    impl Scene {
        fn new(answer: Option<u64>) -> (Arc<Self>, Arc<CachedCredentials>) {
            let scene = Arc::new(Self {
                now: StdMutex::new(UNIX_EPOCH + Duration::from_secs(START)),
                permits: Semaphore::new(100),
                answer: StdMutex::new(answer),
                calls: StdMutex::new(0),
            });
            let source = CredentialsSource::provider(Provider(scene.clone()));
            let cached = CachedCredentials::with_clock(source, scene.clone());
            (scene, Arc::new(cached))
        }

        fn pass(&self, seconds: u64) {
            *self.now.lock().unwrap() += Duration::from_secs(seconds);
        }

        fn answer(&self, answer: Option<u64>) {
            *self.answer.lock().unwrap() = answer;
        }

        fn calls(&self) -> u64 {
            *self.calls.lock().unwrap()
        }
    }

    impl Clock for Scene {
        fn now(&self) -> SystemTime {
            *self.now.lock().unwrap()
        }
    }

    #[derive(Debug)]
    struct Provider(Arc<Scene>);

    impl ProvideCredentials for Provider {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                let scene = &self.0;
                *scene.calls.lock().unwrap() += 1;
                scene.permits.acquire().await.unwrap().forget();
                let id = format!("call {}", scene.calls());
                match *scene.answer.lock().unwrap() {
                    Some(left) => {
                        let end = scene.now() + Duration::from_secs(left);
                        Ok(SdkCredentials::new(id, "secret", None, Some(end), "test"))
                    }
                    None => Err(SdkError::provider_error("down")),
                }
            })
        }
    }

    async fn id(cached: &CachedCredentials) -> Result<String, CredentialsError> {
        Ok(cached.credentials().await?.access_key_id)
    }

    /// Started, and each of them waiting, when this returns.
    async fn start(
        count: usize,
        cached: &Arc<CachedCredentials>,
    ) -> Vec<tokio::task::JoinHandle<Result<String, CredentialsError>>> {
        let one = || {
            let cached = cached.clone();
            tokio::spawn(async move { id(&cached).await })
        };
        let tasks = (0..count).map(|_| one()).collect();
        // The runtime has one thread and takes turns: each task has had one before this goes on.
        tokio::task::yield_now().await;
        tasks
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(test);
    }

    #[test]
    fn many_callers_share_one_call() {
        run(async {
            let (scene, cached) = Scene::new(Some(3600));
            scene.permits.forget_permits(100);
            let tasks = start(20, &cached).await;
            assert_eq!(scene.calls(), 1);
            scene.permits.add_permits(20);
            for task in tasks {
                assert_eq!(task.await.unwrap().unwrap(), "call 1");
            }
            assert_eq!(scene.calls(), 1);
        });
    }

    #[test]
    fn many_callers_share_one_error_and_the_next_one_asks_again() {
        run(async {
            let (scene, cached) = Scene::new(None);
            scene.permits.forget_permits(100);
            let tasks = start(20, &cached).await;
            scene.permits.add_permits(20);
            for task in tasks {
                assert!(task.await.unwrap().is_err());
            }
            assert_eq!(scene.calls(), 1);
            scene.answer(Some(3600));
            assert_eq!(id(&cached).await.unwrap(), "call 2");
        });
    }

    #[test]
    fn a_caller_that_is_dropped_leaves_the_call_to_the_next() {
        run(async {
            let (scene, cached) = Scene::new(Some(3600));
            scene.permits.forget_permits(100);
            let mut tasks = start(2, &cached).await;
            tasks.remove(0).abort();
            scene.permits.add_permits(2);
            assert_eq!(tasks.remove(0).await.unwrap().unwrap(), "call 2");
        });
    }

    #[test]
    fn refreshes_five_minutes_before_the_end() {
        run(async {
            let (scene, cached) = Scene::new(Some(3600));
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            scene.pass(3600 - 301);
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            scene.pass(1);
            assert_eq!(id(&cached).await.unwrap(), "call 2");
        });
    }

    #[test]
    fn while_they_are_good_a_refresh_that_fails_is_no_error() {
        run(async {
            let (scene, cached) = Scene::new(Some(3600));
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            scene.answer(None);
            scene.pass(3600 - 300);
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            // For ten seconds it is not asked again, and then it is.
            scene.pass(9);
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            assert_eq!(scene.calls(), 2);
            scene.pass(1);
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            assert_eq!(scene.calls(), 3);
            // To the last second, and no further.
            scene.pass(289);
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            scene.pass(1);
            assert!(id(&cached).await.is_err());
        });
    }

    #[test]
    fn those_that_begin_with_little_left_are_not_asked_for_each_time() {
        run(async {
            let (scene, cached) = Scene::new(Some(60));
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            scene.pass(10);
            assert_eq!(id(&cached).await.unwrap(), "call 2");
            // Those that are over already are.
            scene.answer(Some(0));
            scene.pass(10);
            assert_eq!(id(&cached).await.unwrap(), "call 3");
            assert_eq!(id(&cached).await.unwrap(), "call 4");
        });
    }

    #[test]
    fn those_without_an_end_are_kept_until_they_are_forgotten() {
        run(async {
            let scene = Scene::new(None).0;
            let source = CredentialsSource::fixed(Credentials::new("AKID", "secret"));
            let cached = CachedCredentials::with_clock(source, scene.clone());
            scene.pass(u64::from(u32::MAX));
            assert_eq!(id(&cached).await.unwrap(), "AKID");

            let (scene, cached) = Scene::new(Some(3600));
            assert_eq!(id(&cached).await.unwrap(), "call 1");
            cached.forget();
            assert_eq!(id(&cached).await.unwrap(), "call 2");
            assert_eq!(scene.calls(), 2);
        });
    }
}
