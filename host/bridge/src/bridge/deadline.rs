//! How long a stage of a connection may take, and all of them together.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use super::Timeouts;
use crate::error::{Error, ErrorKind, Stage};

/// The end of all stages together.
///
/// A stage gets one timer, for whichever limit is reached first: to start a timer wakes the thread that has started
/// it, by a system call.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn from_timeouts(timeouts: &Timeouts) -> Self {
        let limit = timeouts.whole;
        let at = after(limit);
        Self { at, limit }
    }

    /// The same, and no later than a time.
    pub(crate) fn no_later_than(self, end: Option<Instant>) -> Self {
        match end {
            Some(at) if at < self.at => Self {
                at,
                limit: at.saturating_duration_since(Instant::now()),
            },
            _ => self,
        }
    }

    /// Ends a stage that takes too long.
    pub(crate) fn within<'f, T>(
        &self,
        stage: Stage,
        limit: Duration,
        future: impl Future<Output = Result<T, Error>> + Send + 'f,
    ) -> InTime<'f, T> {
        let (at, limit) = self.sooner(limit);
        until(at, limit, stage, future)
    }

    /// Ends a stage that has its own limits when the limit of all stages is reached.
    pub(crate) fn whole<'f, T>(
        &self,
        stage: Stage,
        future: impl Future<Output = Result<T, Error>> + Send + 'f,
    ) -> InTime<'f, T> {
        until(self.at, self.limit, stage, future)
    }

    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// The timeout of all stages if their limit is reached, or else the stage's own error.
    pub(crate) fn or(&self, stage: Stage, own: ErrorKind) -> Error {
        if self.at <= Instant::now() {
            Error::new(stage, ErrorKind::Timeout(self.limit))
        } else {
            Error::new(stage, own)
        }
    }

    fn sooner(&self, limit: Duration) -> (Instant, Duration) {
        match after(limit) {
            own if own <= self.at => (own, limit),
            _ => (self.at, self.limit),
        }
    }
}

/// A stage that ends in time.
pub(crate) struct InTime<'f, T> {
    limit: Duration,
    stage: Stage,
    /// On the heap: a future within futures takes the room of all of them again at each step outwards.
    done: Pin<Box<dyn Future<Output = Done<T>> + Send + 'f>>,
}

type Done<T> = Result<Result<T, Error>, Elapsed>;

fn until<'f, T>(
    at: Instant,
    limit: Duration,
    stage: Stage,
    future: impl Future<Output = Result<T, Error>> + Send + 'f,
) -> InTime<'f, T> {
    let done = Box::pin(timeout_at(at, future));
    InTime { limit, stage, done }
}

impl<T> Future for InTime<'_, T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let done = ready!(self.done.as_mut().poll(cx));
        let too_late = |_| Error::new(self.stage, ErrorKind::Timeout(self.limit));
        Poll::Ready(done.map_err(too_late).flatten())
    }
}

/// Ends a stage that takes too long.
pub(crate) async fn within<T>(
    stage: Stage,
    limit: Duration,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match timeout(limit, future).await {
        Ok(done) => done,
        Err(_) => Err(Error::new(stage, ErrorKind::Timeout(limit))),
    }
}

/// Thirty years: so far is the end where a limit is longer than a clock can show.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

fn after(limit: Duration) -> Instant {
    let now = Instant::now();
    let end = now.checked_add(limit);
    end.or_else(|| now.checked_add(NEVER)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(600);

    fn deadline(whole: Duration) -> Deadline {
        Deadline::from_timeouts(&Timeouts {
            whole,
            ..Timeouts::default()
        })
    }

    async fn never() -> Result<(), Error> {
        std::future::pending().await
    }

    #[tokio::test]
    async fn the_limit_that_is_reached_first_is_the_one_that_is_told() {
        for (whole, own) in [
            (SHORT, LONG),
            (LONG, SHORT),
            (Duration::MAX, SHORT),
            (SHORT, Duration::MAX),
        ] {
            let error = deadline(whole).within(Stage::Tls, own, never()).await;
            let error = error.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Timeout(SHORT)), "{error}");
            assert_eq!(error.stage(), Stage::Tls);
        }
        let error = deadline(SHORT).whole(Stage::Login, never()).await;
        assert_eq!(error.unwrap_err().stage(), Stage::Login);
    }

    #[tokio::test]
    async fn what_is_done_is_done() {
        for limit in [Duration::ZERO, Duration::MAX] {
            let done = deadline(limit)
                .within(Stage::Tls, limit, async { Ok(1) })
                .await;
            assert_eq!(done.unwrap(), 1);
        }
    }
}
