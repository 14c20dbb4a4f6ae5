//! What a [`RawConnection`] and its cluster tell each other.

use tokio::sync::watch;

use super::raw::RawConnection;
use crate::error::{Error, ErrorKind};

impl RawConnection {
    /// Tells when the server of this connection is no longer the writer of its cluster.
    #[must_use]
    pub fn writer_watch(&self) -> WriterWatch {
        let attempt = &self.attempt;
        let cluster = attempt.own.cluster.as_ref();
        WriterWatch {
            moved: cluster.map(|cluster| cluster.moved()),
            moves: attempt.moves,
        }
    }

    /// Tells the cluster what the check of the role has shown.
    pub(super) fn report(&self, checked: &Result<(), Error>) {
        let attempt = &self.attempt;
        let Some(cluster) = &attempt.own.cluster else {
            return;
        };
        let kind = checked.as_ref().err().map(Error::kind);
        if let Some(ErrorKind::WrongRole { .. }) = kind {
            cluster.watch(attempt.moves).has_other_role();
        }
    }
}

/// Tells when the server of a connection is no longer the writer of its cluster, as far as
/// [`BridgeBuilder::topology`](crate::BridgeBuilder::topology) has shown it.
#[derive(Debug)]
pub struct WriterWatch {
    /// How many times the bridge has found another writer, or a blue/green switchover; `None` without a topology.
    moved: Option<watch::Receiver<u64>>,
    /// The same when the connection was begun.
    moves: u64,
}

impl WriterWatch {
    /// Ends once the bridge has found another writer than when the connection was begun, or a blue/green switchover,
    /// and at once if it has found it before. Without a topology, it does not end. It may be called again, and dropped
    /// before it ends.
    pub async fn moved(&mut self) {
        let Self { moved, moves } = self;
        if let Some(moved) = moved
            && moved.wait_for(|now| now != moves).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }
}
