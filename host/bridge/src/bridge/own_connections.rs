//! The connections that a bridge opens by itself, and the limit in which they count.

use std::sync::Arc;

use super::deadline::Deadline;
use super::{Bridge, Inner};
use crate::connection_rate::ConnectionRate;
use crate::error::{Error, Stage};

impl Bridge {
    /// Limits the rate of the connections that the bridge opens by itself: those that search for a new writer
    /// ([`BridgeBuilder::topology`](crate::BridgeBuilder::topology)), that of [`Self::follow_topology`], and the second
    /// attempt after a refused login or a search. Each waits for its turn. Connections that cancel a statement count in
    /// the limit too, but do not wait: a statement that is cancelled late may have done what it should not.
    ///
    /// A pool and a proxy set their own limit. The first one that is set for a bridge stays.
    pub fn limit_own_connections(&self, rate: Arc<ConnectionRate>) {
        self.inner.own_rate.get_or_init(|| rate);
    }
}

impl Inner {
    /// Waits until the limit allows a connection that only the bridge needs.
    pub(super) async fn own_turn(&self, deadline: Deadline) -> Result<(), Error> {
        match self.own_rate.get() {
            Some(rate) => turn(deadline, rate.wait_for_own()).await,
            None => Ok(()),
        }
    }

    /// Waits until the limit allows the second attempt of a caller, in the queue of the callers.
    pub(super) async fn second_turn(&self, deadline: Deadline) -> Result<(), Error> {
        match self.own_rate.get() {
            Some(rate) => turn(deadline, rate.wait()).await,
            None => Ok(()),
        }
    }

    /// Counts a connection that does not wait.
    pub(super) fn count_own_connection(&self) {
        if let Some(rate) = self.own_rate.get() {
            rate.count();
        }
    }
}

async fn turn(deadline: Deadline, waiting: impl Future<Output = ()> + Send) -> Result<(), Error> {
    let turn = async {
        waiting.await;
        Ok(())
    };
    deadline.whole(Stage::Connect, turn).await
}
