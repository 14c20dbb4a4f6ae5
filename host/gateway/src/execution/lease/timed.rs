//! Statements that may be killed because they take too long.

use rds_bridge::pool::PooledConnection;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::{Lease, is_still_executing};
use crate::execution::sessions::Place;
use crate::execution::time_limit::TimeLimit;
use crate::execution::{Failure, Outcome};

impl Lease {
    /// Begins the time that the request's statements may take.
    pub(crate) fn begin_time(&mut self) {
        let Some(connection) = self.connection.as_ref() else {
            return;
        };
        let id = connection.session().connection_id;
        self.time = TimeLimit::begin(self.limits.statement, &self.cancel, id, &self.leases);
    }

    /// Stops the time. Returns whether no `KILL QUERY` can reach the connection any more.
    pub(super) fn is_quiet(&self) -> bool {
        self.time.stop() || self.is_settled
    }

    /// Returns the connection to its session, once no `KILL QUERY` can reach the session's next statement.
    pub(super) fn give_back(&mut self, mut connection: Box<PooledConnection>, place: Place) {
        let settings = std::mem::take(&mut self.settings);
        if self.is_quiet() {
            return place.give_back(connection, settings);
        }
        let Ok(runtime) = Handle::try_current() else {
            return place.end();
        };
        let (time, open) = (self.time.limit().clone(), self.leases.begin());
        runtime.spawn(async move {
            let is_settled = time.settle().await;
            // A kill that arrived between two statements ends this one.
            let asked = timeout(time.grace(), connection.ping()).await;
            if is_settled && asked.is_ok() {
                place.give_back(connection, settings);
            } else {
                place.end();
            }
            drop(open);
        });
    }

    /// Notes whether the connection still executes the statement, and returns what the reply says of it.
    pub(super) async fn finish<T>(
        &mut self,
        reply: Result<T, Failure>,
        sql: &str,
        has_rows: impl FnOnce(&T) -> bool,
    ) -> Result<T, Failure> {
        self.is_executing = is_still_executing(&reply);
        let outcome = self.outcome_of_rows();
        let time = self.time.limit().clone();
        let result = time.judge(reply, sql, |it| has_rows(it).then_some(outcome));
        if time.has_passed() && !self.is_executing {
            self.ask_status().await;
        }
        result
    }

    /// What is known of a statement that has returned rows although it was killed: a session that may only read has
    /// changed nothing.
    pub(crate) fn outcome_of_rows(&self) -> Outcome {
        match self.connection.as_ref() {
            Some(connection) if !connection.allows_writes() => Outcome::Ended,
            _ => Outcome::Unknown,
        }
    }

    /// The time that the request's statements may take.
    pub(crate) fn time_limit(&self) -> &TimeLimit {
        self.time.limit()
    }

    /// Asks the server whether a transaction is open, which an `ERR_Packet` does not say. If it does not answer, the
    /// lease is no longer usable. No `KILL QUERY` of an earlier statement follows.
    pub(crate) async fn ask_status(&mut self) {
        let grace = self.time.limit().grace();
        let had_passed = self.time.limit().has_passed();
        let is_settled = self.time.limit().settle().await;
        let Some(connection) = self.connection.as_mut() else {
            return;
        };
        let asked = timeout(grace, connection.ping()).await;
        self.is_executing = !is_settled || asked.is_err();
        self.is_settled = had_passed && !self.is_executing;
    }
}
