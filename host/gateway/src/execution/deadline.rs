//! The time at which the work for a request must end, whatever its other limits are.

use std::time::Duration;

use tokio::task_local;
use tokio::time::Instant;

task_local! {
    /// Of the request that the task answers.
    static CURRENT: Deadline;
}

/// The time at which the work for a request must end, so that its statement can be ended on the server, and answered for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    /// How long ending the statement may take.
    pub(crate) grace: Duration,
}

impl Deadline {
    /// The deadline of the request that the current task answers.
    pub(super) fn current() -> Option<Self> {
        CURRENT.try_with(|it| *it).ok()
    }

    /// Answers a request by this deadline, which the connections that `answering` borrows keep.
    pub(crate) async fn scope<T>(self, answering: impl Future<Output = T>) -> T {
        CURRENT.scope(self, answering).await
    }

    /// The remaining time.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }
}
