//! The requests of a connection, by which an unused one and an idle one are noticed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// The requests of a connection.
pub(super) struct Activity {
    first_head: Duration,
    open: AtomicUsize,
    begun: AtomicUsize,
    ended: Notify,
}

/// A request, until its response is ready.
pub(super) struct OpenRequest(Arc<Activity>);

impl Activity {
    /// The head of its first request may take the time of `first_head`.
    pub(super) fn new(first_head: Duration) -> Self {
        Self {
            first_head,
            open: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            ended: Notify::new(),
        }
    }

    pub(super) fn begin(self: &Arc<Self>) -> OpenRequest {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        OpenRequest(Arc::clone(self))
    }

    /// Ends when the connection had no request within the time for its first one.
    pub(super) async fn unused(&self) {
        sleep(self.first_head).await;
        if self.begun.load(Ordering::Relaxed) > 0 {
            std::future::pending::<()>().await;
        }
    }

    /// Ends when there was no request for a time.
    pub(super) async fn idle(&self, limit: Duration) {
        let mut before = self.begun.load(Ordering::Relaxed);
        loop {
            sleep(limit).await;
            let begun = self.begun.load(Ordering::Relaxed);
            if begun == before && self.open.load(Ordering::Relaxed) == 0 {
                return;
            }
            before = begun;
        }
    }

    /// Ends when a request has ended the connection.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }
}

impl OpenRequest {
    /// The connection is to have no request after those that are open.
    pub(super) fn end_connection(&self) {
        self.0.ended.notify_one();
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    const FIRST: Duration = Duration::from_secs(10);
    const LONG: Duration = Duration::from_secs(1000);

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_is_noticed() {
        let activity = Arc::new(Activity::new(FIRST));
        let began = Instant::now();
        activity.unused().await;
        assert_eq!(began.elapsed(), FIRST);
        drop(activity.begin());
        assert!(timeout(LONG, activity.unused()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_noticed_after_its_requests() {
        let activity = Arc::new(Activity::new(FIRST));
        let open = activity.begin();
        assert!(timeout(LONG, activity.idle(FIRST)).await.is_err());
        drop(open);
        assert!(timeout(LONG, activity.idle(FIRST)).await.is_ok());
    }
}
