//! Statements that may end the transaction that they are executed in.

use std::pin::pin;

use tokio::time::timeout;

use super::Lease;
use crate::execution::{Failure, is_marked, mark};

impl Lease {
    /// Marks the transaction, so that [`Self::is_marked`] tells after the next statement whether it has ended.
    pub(crate) async fn mark(&mut self) -> Result<(), Failure> {
        let time = self.time.limit().clone();
        let connection = self.connection.as_mut().ok_or(Failure::SessionLost)?;
        self.is_executing = true;
        let reply = time.wait(pin!(mark(connection))).await;
        let reply = reply.and_then(|marked| marked.map_err(Failure::from));
        self.finish(reply, "SAVEPOINT", |()| false).await
    }

    /// Whether the transaction is known to be the one that was marked. If the server does not answer, the lease is no
    /// longer usable.
    pub(crate) async fn is_marked(&mut self) -> bool {
        let grace = self.time.limit().grace();
        let had_passed = self.time.limit().has_passed();
        let has_settled = self.time.limit().settle().await;
        let Some(connection) = self.connection.as_mut() else {
            return false;
        };
        let asked = timeout(grace, is_marked(connection)).await;
        self.is_executing = !has_settled || asked.is_err();
        self.is_settled = had_passed && !self.is_executing;
        asked.unwrap_or(false)
    }
}
