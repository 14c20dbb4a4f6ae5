//! The leases of a gateway, and the statements that it kills for them.

use std::sync::Arc;

use tokio::sync::watch;

use crate::metrics::Counters;

/// Knows when the last lease has ended, and the last `KILL QUERY` was answered.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    pub(super) counters: Arc<Counters>,
    /// Each of them has a receiver.
    open: watch::Sender<()>,
}

/// A lease, or a kill, until it is dropped.
#[derive(Debug)]
pub(super) struct OpenLease(#[expect(dead_code, reason = "it is dropped")] watch::Receiver<()>);

impl Leases {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        Self {
            counters,
            open: watch::Sender::new(()),
        }
    }

    pub(super) fn begin(&self) -> OpenLease {
        OpenLease(self.open.subscribe())
    }

    /// Waits until there is no lease, and no kill.
    pub(crate) async fn ended(&self) {
        self.open.closed().await;
    }
}
