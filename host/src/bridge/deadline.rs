//! How long a stage of a connection may take, and all of them together.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Timeouts;
use crate::error::{Error, ErrorKind, Stage};

/// The end of all stages together.
///
/// A stage gets one timer, for whichever limit is reached first: to start a timer wakes the thread that has started
/// it, by a system call.
pub(crate) struct Deadline {
    /// None for a time that no clock shows.
    at: Option<Instant>,
    limit: Duration,
}

impl Deadline {
    pub(crate) fn of(timeouts: &Timeouts) -> Self {
        let limit = timeouts.whole;
        let at = Instant::now().checked_add(limit);
        Self { at, limit }
    }

    /// Ends a stage that takes too long.
    pub(crate) async fn within<T>(
        &self,
        stage: Stage,
        limit: Duration,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let (at, limit) = self.sooner(Instant::now().checked_add(limit), limit);
        until(at, limit, stage, future).await
    }

    /// Ends a stage that has limits of its own, when all together have taken too long.
    pub(crate) async fn whole<T>(
        &self,
        stage: Stage,
        future: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        until(self.at, self.limit, stage, future).await
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// The error of a stage that went on to the end of all, or else its own.
    pub(crate) fn or(&self, stage: Stage, own: ErrorKind) -> Error {
        match self.at.is_some_and(|at| at <= Instant::now()) {
            true => Error::new(stage, ErrorKind::Timeout(self.limit)),
            false => Error::new(stage, own),
        }
    }

    fn sooner(&self, own: Option<Instant>, limit: Duration) -> (Option<Instant>, Duration) {
        match (own, self.at) {
            (Some(own), Some(whole)) if own <= whole => (Some(own), limit),
            (_, Some(whole)) => (Some(whole), self.limit),
            (own, None) => (own, limit),
        }
    }
}

async fn until<T>(
    at: Option<Instant>,
    limit: Duration,
    stage: Stage,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(at) = at else { return future.await };
    match timeout_at(at, future).await {
        Ok(done) => done,
        Err(_) => Err(Error::new(stage, ErrorKind::Timeout(limit))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(600);

    fn deadline(whole: Duration) -> Deadline {
        Deadline::of(&Timeouts {
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
