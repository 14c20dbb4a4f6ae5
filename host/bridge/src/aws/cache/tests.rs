//! One call to the source serves many callers, and credentials are refreshed before they expire.

use std::sync::Mutex as StdMutex;

use aws_credential_types::Credentials as SdkCredentials;
use aws_credential_types::provider::error::CredentialsError as SdkError;
use aws_credential_types::provider::{ProvideCredentials, future};
use tokio::sync::Semaphore;

use super::*;

const START: u64 = 1_724_709_600;

/// A fake source, which answers once for every permit, and its clock.
#[derive(Debug)]
struct Scene {
    now: StdMutex<SystemTime>,
    permits: Semaphore,
    /// How many seconds are left before the returned credentials expire; `None` for an error.
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

/// Starts `count` callers. Each of them is waiting when this returns.
async fn start(
    count: usize,
    cached: &Arc<CachedCredentials>,
) -> Vec<tokio::task::JoinHandle<Result<String, CredentialsError>>> {
    let one = || {
        let cached = cached.clone();
        tokio::spawn(async move { id(&cached).await })
    };
    let tasks = (0..count).map(|_| one()).collect();
    // The runtime has one thread and polls tasks in turn: each was polled before this task continues.
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
        // The source is not asked again for ten seconds.
        scene.pass(9);
        assert_eq!(id(&cached).await.unwrap(), "call 1");
        assert_eq!(scene.calls(), 2);
        scene.pass(1);
        assert_eq!(id(&cached).await.unwrap(), "call 1");
        assert_eq!(scene.calls(), 3);
        // Valid until the last second.
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
        // Credentials that have already expired are used too.
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
