//! A secret that is kept until a server refuses it, and fetched by one caller for all.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

use super::database_secret::DatabaseSecret;
use super::secret_error::FetchError;
use crate::clock::Clock;

/// A secret that was refused, and was the same when it was asked for again, is not asked for within a second:
/// a pool that tries on would do so with each try.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Where a secret comes from.
pub(crate) trait FetchSecret: fmt::Debug + Send + Sync {
    fn fetch(&self) -> impl Future<Output = Result<DatabaseSecret, FetchError>> + Send;
}

/// A secret that is fetched when it is first asked for, and when a server has refused it.
///
/// Callers that need it at the same time share one call, and its error if it fails. Can be dropped before it is
/// done: of those who wait, the next one asks.
#[derive(Debug)]
pub(crate) struct CachedSecret<S> {
    source: S,
    clock: Arc<dyn Clock>,
    /// Not behind the lock of a call: who has not been refused does not wait for it.
    kept: RwLock<Option<Arc<DatabaseSecret>>>,
    /// How many calls have ended: who waited for one knows it by this.
    calls_ended: AtomicU64,
    /// Held while the source is asked.
    call: Mutex<Call>,
}

/// How the last call ended.
#[derive(Debug, Default)]
struct Call {
    error: Option<FetchError>,
    /// When it was last asked for again without success.
    in_vain_at: Option<SystemTime>,
}

impl<S: FetchSecret> CachedSecret<S> {
    /// Nothing is fetched until it is asked for.
    pub(crate) fn new(source: S, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            kept: RwLock::default(),
            calls_ended: AtomicU64::new(0),
            call: Mutex::default(),
        }
    }

    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// The one that is at hand.
    pub(crate) fn kept(&self) -> Option<Arc<DatabaseSecret>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }

    /// The one that is at hand, or else the one that is current.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if none is at hand, and none is to be had.
    pub(crate) async fn secret(&self) -> Result<Arc<DatabaseSecret>, FetchError> {
        if let Some(kept) = self.kept() {
            return Ok(kept);
        }
        let calls_ended = self.calls_ended();
        let mut call = self.call.lock().await;
        if let Some(kept) = self.kept() {
            return Ok(kept);
        }
        match &call.error {
            Some(error) if self.calls_ended() != calls_ended => Err(error.clone()),
            _ => self.fetch(&mut call).await,
        }
    }

    /// One that differs from a secret that a server has refused: what somebody else has fetched in the
    /// meantime, or the one that is current. None if that is the same.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if it cannot be asked for again.
    pub(crate) async fn other_than(
        &self,
        refused: &DatabaseSecret,
    ) -> Result<Option<Arc<DatabaseSecret>>, FetchError> {
        let calls_ended = self.calls_ended();
        let mut call = self.call.lock().await;
        if let Some(kept) = self.kept()
            && kept.differs_from(refused)
        {
            return Ok(Some(kept));
        }
        if self.calls_ended() != calls_ended || self.was_in_vain(&call) {
            return call.error.clone().map_or(Ok(None), Err);
        }
        let fetched = self.fetch(&mut call).await;
        if let Ok(fetched) = &fetched
            && fetched.differs_from(refused)
        {
            return Ok(Some(Arc::clone(fetched)));
        }
        call.in_vain_at = Some(self.clock.now());
        fetched.map(|_| None)
    }

    async fn fetch(&self, call: &mut Call) -> Result<Arc<DatabaseSecret>, FetchError> {
        let answer = self.source.fetch().await;
        self.calls_ended.fetch_add(1, Ordering::SeqCst);
        call.error = answer.as_ref().err().cloned();
        let secret = Arc::new(answer?);
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&secret));
        Ok(secret)
    }

    fn calls_ended(&self) -> u64 {
        self.calls_ended.load(Ordering::SeqCst)
    }

    /// Whether it was asked for again a moment ago. A clock that was set back does not make it longer.
    fn was_in_vain(&self, call: &Call) -> bool {
        let since = call
            .in_vain_at
            .map(|at| self.clock.now().duration_since(at));
        matches!(since, Some(Ok(since)) if since < ASK_AGAIN_AFTER)
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]
mod tests {
    use std::sync::Mutex as StdMutex;
    use std::time::UNIX_EPOCH;

    use secrecy::{ExposeSecret, SecretString};
    use tokio::sync::Semaphore;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::aws::secrets_manager::{SecretError, SecretProblem};

    /// A fake source, which answers once for every permit, with this password or none; and its clock.
    #[derive(Debug)]
    struct Scene {
        now: StdMutex<SystemTime>,
        permits: Semaphore,
        password: StdMutex<Option<&'static str>>,
        calls: StdMutex<u64>,
    }

    #[derive(Debug)]
    struct Source(Arc<Scene>);

    type Cached = Arc<CachedSecret<Source>>;

    impl Scene {
        fn new(password: Option<&'static str>) -> (Arc<Self>, Cached) {
            let scene = Arc::new(Self {
                now: StdMutex::new(UNIX_EPOCH + Duration::from_secs(1_724_709_600)),
                permits: Semaphore::new(100),
                password: StdMutex::new(password),
                calls: StdMutex::new(0),
            });
            let cached = CachedSecret::new(Source(scene.clone()), scene.clone());
            (scene, Arc::new(cached))
        }

        fn set(&self, password: Option<&'static str>) {
            *self.password.lock().unwrap() = password;
        }

        fn pass(&self, milliseconds: u64) {
            *self.now.lock().unwrap() += Duration::from_millis(milliseconds);
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

    impl FetchSecret for Source {
        async fn fetch(&self) -> Result<DatabaseSecret, FetchError> {
            *self.0.calls.lock().unwrap() += 1;
            self.0.permits.acquire().await.unwrap().forget();
            let password = *self.0.password.lock().unwrap();
            match password {
                Some(password) => Ok(DatabaseSecret {
                    version_id: password.to_owned(),
                    password: SecretString::from(password),
                    username: None,
                    host: None,
                    port: None,
                    database: None,
                }),
                None => Err(FetchError::Secret(SecretError {
                    secret: "db".to_owned(),
                    region: "eu-central-1".to_owned(),
                    problem: SecretProblem::Binary,
                })),
            }
        }
    }

    fn text(secret: &DatabaseSecret) -> String {
        secret.password.expose_secret().to_owned()
    }

    /// As many callers as that, each of them waiting when this returns.
    async fn start<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        count: usize,
        call: impl Fn() -> F,
    ) -> Vec<JoinHandle<T>> {
        let tasks = (0..count).map(|_| tokio::spawn(call())).collect();
        // The runtime has one thread and takes turns: each task has had one before this goes on.
        tokio::task::yield_now().await;
        tasks
    }

    async fn other(
        cached: Cached,
        refused: Arc<DatabaseSecret>,
    ) -> Result<Option<String>, FetchError> {
        let other = cached.other_than(&refused).await?;
        Ok(other.map(|it| text(&it)))
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(test);
    }

    #[test]
    fn many_callers_share_one_call_and_it_is_kept() {
        run(async {
            let (scene, cached) = Scene::new(Some("first"));
            scene.permits.forget_permits(100);
            let get = || {
                let cached = cached.clone();
                async move { cached.secret().await.map(|it| text(&it)) }
            };
            let tasks = start(20, get).await;
            scene.permits.add_permits(20);
            for task in tasks {
                assert_eq!(task.await.unwrap().unwrap(), "first");
            }
            scene.set(Some("second"));
            assert_eq!(text(&cached.secret().await.unwrap()), "first");
            assert_eq!(scene.calls(), 1);
        });
    }

    #[test]
    fn many_callers_share_one_error_and_the_next_one_asks_again() {
        run(async {
            let (scene, cached) = Scene::new(None);
            scene.permits.forget_permits(100);
            let get = || {
                let cached = cached.clone();
                async move { cached.secret().await.is_err() }
            };
            let tasks = start(20, get).await;
            scene.permits.add_permits(20);
            for task in tasks {
                assert!(task.await.unwrap());
            }
            assert_eq!(scene.calls(), 1);
            scene.set(Some("first"));
            assert_eq!(text(&cached.secret().await.unwrap()), "first");
        });
    }

    #[test]
    fn many_that_were_refused_ask_once_for_the_rotated_one() {
        run(async {
            let (scene, cached) = Scene::new(Some("first"));
            let refused = cached.secret().await.unwrap();
            scene.set(Some("second"));
            scene.permits.forget_permits(100);
            let tasks = start(20, || other(cached.clone(), refused.clone())).await;
            scene.permits.add_permits(20);
            for task in tasks {
                assert_eq!(task.await.unwrap().unwrap().unwrap(), "second");
            }
            // Who comes late, with a connection that it had begun before, asks nobody.
            let late = other(cached.clone(), refused).await.unwrap();
            assert_eq!(late.unwrap(), "second");
            assert_eq!(scene.calls(), 2);
            assert_eq!(text(&cached.secret().await.unwrap()), "second");
        });
    }

    #[test]
    fn one_that_is_the_same_is_not_asked_for_all_the_time() {
        run(async {
            let (scene, cached) = Scene::new(Some("first"));
            let refused = cached.secret().await.unwrap();
            for _ in 0..3 {
                let again = other(cached.clone(), refused.clone()).await;
                assert!(again.unwrap().is_none());
            }
            scene.pass(999);
            scene.set(Some("second"));
            let again = other(cached.clone(), refused.clone()).await;
            assert!(again.unwrap().is_none());
            assert_eq!(scene.calls(), 2);
            scene.pass(1);
            let again = other(cached.clone(), refused).await.unwrap();
            assert_eq!(again.unwrap(), "second");
            assert_eq!(scene.calls(), 3);
        });
    }

    #[test]
    fn one_that_cannot_be_asked_for_again_is_kept() {
        run(async {
            let (scene, cached) = Scene::new(Some("first"));
            let refused = cached.secret().await.unwrap();
            scene.set(None);
            for _ in 0..3 {
                assert!(other(cached.clone(), refused.clone()).await.is_err());
            }
            assert_eq!(scene.calls(), 2);
            assert_eq!(text(&cached.secret().await.unwrap()), "first");
        });
    }

    #[test]
    fn a_caller_that_is_dropped_leaves_the_call_to_the_next() {
        run(async {
            let (scene, cached) = Scene::new(Some("first"));
            let refused = cached.secret().await.unwrap();
            scene.set(Some("second"));
            scene.permits.forget_permits(100);
            let mut tasks = start(2, || other(cached.clone(), refused.clone())).await;
            tasks.remove(0).abort();
            scene.permits.add_permits(2);
            let second = tasks.remove(0).await.unwrap().unwrap();
            assert_eq!(second.unwrap(), "second");
        });
    }
}
