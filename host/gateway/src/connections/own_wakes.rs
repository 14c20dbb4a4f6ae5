//! Polls the future of a connection again at once if it has woken itself.
//!
//! It wakes itself for each request: hyper hands the request's body to the service that reads it, and both are parts of
//! one task. Tokio would then wake another thread, which costs more than a short request itself.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// How many times a future is polled in a row. Then the runtime's other tasks have their turn.
const ROUNDS: usize = 4;

/// Polls `future` again at once if it has woken itself.
pub(super) async fn with_own_wakes<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    poll_fn(|task| {
        let mut cx = Context::from_waker(&waker);
        for _ in 0..ROUNDS {
            wakes.begin(task.waker());
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Poll::Ready(output);
            }
            if wakes.end() == Phase::Idle {
                return Poll::Pending;
            }
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[derive(Default)]
struct Wakes(Mutex<State>);

#[derive(Default)]
struct State {
    phase: Phase,
    task: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The next wake is the task's.
    #[default]
    Idle,
    Polling,
    /// It will be polled again.
    Woken,
}

impl Wakes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, task: &Waker) {
        let mut state = self.state();
        state.phase = Phase::Polling;
        match &mut state.task {
            Some(known) => known.clone_from(task),
            None => state.task = Some(task.clone()),
        }
    }

    /// Returns whether it was woken meanwhile: [`Phase::Woken`] or else [`Phase::Idle`].
    fn end(&self) -> Phase {
        let mut state = self.state();
        if state.phase == Phase::Polling {
            state.phase = Phase::Idle;
        }
        state.phase
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.phase, Phase::Woken);
        if before == Phase::Idle
            && let Some(task) = state.task.clone()
        {
            drop(state);
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts how many times the task is woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls once a future that wakes itself in its first `own` polls. Returns how many times it was polled, how many
    /// times the task was woken, and what wakes the future.
    fn poll_once(own: usize) -> (usize, usize, Waker) {
        let task = Arc::new(Task::default());
        let mut polls = 0_usize;
        let mut kept = None;
        let future = poll_fn(|cx| {
            polls = polls.saturating_add(1);
            if polls <= own {
                cx.waker().wake_by_ref();
            }
            kept = Some(cx.waker().clone());
            Poll::<()>::Pending
        });
        let waker = Waker::from(Arc::clone(&task));
        let mut future = Box::pin(with_own_wakes(future));
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        drop(future);
        (polls, task.0.load(Ordering::Relaxed), kept.unwrap())
    }

    #[test]
    fn a_future_that_wakes_itself_is_polled_again_without_the_runtime() {
        for own in 0..ROUNDS {
            let (polls, woken, _) = poll_once(own);
            assert_eq!((polls, woken), (own + 1, 0));
        }
    }

    #[test]
    fn a_future_that_always_wakes_itself_leaves_others_their_turn() {
        let (polls, woken, _) = poll_once(usize::MAX);
        assert_eq!((polls, woken), (ROUNDS, 1));
    }

    #[test]
    fn a_wake_between_two_polls_is_the_task_s_and_only_the_first() {
        let task = Arc::new(Task::default());
        let wakes = Arc::new(Wakes::default());
        wakes.begin(&Waker::from(Arc::clone(&task)));
        assert_eq!(wakes.end(), Phase::Idle);
        let waker = Waker::from(Arc::clone(&wakes));
        waker.wake_by_ref();
        waker.wake_by_ref();
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
        wakes.begin(&Waker::from(Arc::clone(&task)));
        waker.wake();
        assert_eq!(wakes.end(), Phase::Woken);
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
    }
}
