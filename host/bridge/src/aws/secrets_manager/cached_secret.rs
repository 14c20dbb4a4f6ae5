//! A secret that is cached until a server refuses it, and fetched by one caller for all.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::database_secret::DatabaseSecret;
use super::secret_error::FetchError;
use crate::clock::Clock;
use crate::single_flight::{SingleFlight, Turn};

/// After a refused secret was fetched again and was still the same, it is not fetched again for one second. Otherwise a
/// pool that retries its logins would fetch it with every retry.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A source of a secret.
pub(crate) trait FetchSecret: fmt::Debug + Send + Sync {
    fn fetch(&self) -> impl Future<Output = Result<DatabaseSecret, FetchError>> + Send;
}

/// A secret that is fetched when it is first needed, and again after a server has refused it.
///
/// Callers that need it at the same time share one call, and its error if it fails. A caller's future may be dropped:
/// then the next waiting caller fetches.
#[derive(Debug)]
pub(crate) struct CachedSecret<S> {
    source: S,
    clock: Arc<dyn Clock>,
    /// Apart from `calls`, so that callers whose login was not refused need not wait for a call.
    kept: RwLock<Kept>,
    calls: SingleFlight<FetchError>,
}

#[derive(Debug, Default)]
struct Kept {
    secret: Option<Arc<DatabaseSecret>>,
    /// When a refused secret was last fetched again without finding another one.
    in_vain_at: Option<SystemTime>,
}

impl<S: FetchSecret> CachedSecret<S> {
    /// Creates an empty cache.
    pub(crate) fn new(source: S, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            kept: RwLock::default(),
            calls: SingleFlight::default(),
        }
    }

    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// The cached secret.
    pub(crate) fn kept(&self) -> Option<Arc<DatabaseSecret>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.secret.clone()
    }

    /// The cached secret, or else the current one.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if the cache is empty and the secret cannot be fetched.
    pub(crate) async fn secret(&self) -> Result<Arc<DatabaseSecret>, FetchError> {
        let arrival = self.calls.arrive();
        if let Some(kept) = self.kept() {
            return Ok(kept);
        }
        let mut turn = self.calls.turn(arrival).await;
        if let Some(kept) = self.kept() {
            return Ok(kept);
        }
        match turn.last_error() {
            Some(error) if turn.has_waited_for_a_call() => Err(error.clone()),
            _ => self.fetch(&mut turn).await,
        }
    }

    /// A secret that differs from one that a server has refused: another caller has fetched it since, or it is the
    /// current one. `None` if the current secret is the refused one.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if it cannot be fetched again.
    pub(crate) async fn other_than(
        &self,
        refused: &DatabaseSecret,
    ) -> Result<Option<Arc<DatabaseSecret>>, FetchError> {
        let mut turn = self.calls.turn(self.calls.arrive()).await;
        if let Some(kept) = self.kept()
            && kept.differs_from(refused)
        {
            return Ok(Some(kept));
        }
        if turn.has_waited_for_a_call() || self.was_in_vain() {
            return turn.last_error().cloned().map_or(Ok(None), Err);
        }
        let fetched = self.fetch(&mut turn).await;
        if let Ok(fetched) = &fetched
            && fetched.differs_from(refused)
        {
            return Ok(Some(Arc::clone(fetched)));
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.in_vain_at = Some(self.clock.now());
        fetched.map(|_| None)
    }

    async fn fetch(
        &self,
        turn: &mut Turn<'_, FetchError>,
    ) -> Result<Arc<DatabaseSecret>, FetchError> {
        let keep = |answer: Result<DatabaseSecret, FetchError>| {
            let secret = Arc::new(answer?);
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.secret = Some(Arc::clone(&secret));
            Ok(secret)
        };
        turn.call(self.source.fetch(), keep).await
    }

    /// Whether fetching it again brought no change less than [`ASK_AGAIN_AFTER`] ago. Setting back the clock does not
    /// lengthen that time.
    fn was_in_vain(&self) -> bool {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let since = kept.in_vain_at;
        let since = since.map(|at| self.clock.now().duration_since(at));
        matches!(since, Some(Ok(since)) if since < ASK_AGAIN_AFTER)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a failing test panics")]
mod tests {
    use std::sync::Mutex as StdMutex;
    use std::time::UNIX_EPOCH;

    use secrecy::{ExposeSecret, SecretString};
    use tokio::sync::Semaphore;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::aws::secrets_manager::{SecretError, SecretProblem};

    /// A fake source, which answers once for every permit, with this password or an error, and its clock.
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

    /// Starts `count` callers. Each of them is waiting when this returns.
    async fn start<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        count: usize,
        call: impl Fn() -> F,
    ) -> Vec<JoinHandle<T>> {
        let tasks = (0..count).map(|_| tokio::spawn(call())).collect();
        // The runtime has one thread and polls tasks in turn: each was polled before this task continues.
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
            // A later caller, whose login with the old secret had begun before, does not ask the source.
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
