//! The time that the statements of a request may take.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use rds_bridge::mysql::{CancelHandle, first_keyword};
use rds_bridge::{Error, ErrorKind};
use tokio::sync::SetOnce;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::{info, warn};

use super::deadline::Deadline;
use super::{Failure, Leases};
use crate::metrics::Counters;

/// How long the server may take to end a statement, at the most.
const GRACE: Duration = Duration::from_secs(5);

/// `ER_QUERY_INTERRUPTED`, the reply to a statement that was killed.
const INTERRUPTED: u16 = 1317;

/// What is known of a statement that took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server has ended the statement, and rolled back what it changed.
    Ended,
    /// It may have been executed, wholly or in part, or may still be running.
    Unknown,
}

/// The time that the statements of one request may take together, from the moment at which the request has its
/// connection. When it is over, the statement is killed on the server. Clones share the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeLimit(Option<Arc<Watch>>);

#[derive(Debug)]
struct Watch {
    limit: Duration,
    ends: Instant,
    /// How long the server may take to end the statement.
    grace: Duration,
    /// When the server should have ended the statement.
    given_up: Instant,
    connection_id: u32,
    state: AtomicU8,
    /// Set when the server has answered to `KILL QUERY`, or was not reached.
    killed: SetOnce<()>,
}

const RUNNING: u8 = 0;
/// Nothing will be killed.
const STOPPED: u8 = 1;
/// The statement was killed, or is about to be.
const PASSED: u8 = 2;

/// Ends the watch with the request.
#[derive(Debug, Default)]
pub(super) struct Guard {
    limit: TimeLimit,
    task: Option<AbortHandle>,
}

impl TimeLimit {
    /// Begins to count. At the end of the time the connection's statement is killed, whether or not the request is
    /// polled: a slow client of a stream does not prolong it.
    pub(super) fn begin(
        limit: Option<Duration>,
        cancel: &CancelHandle,
        connection_id: u32,
        leases: &Arc<Leases>,
    ) -> Guard {
        let deadline = Deadline::current();
        let limit = limit.into_iter().chain(deadline.map(Deadline::left)).min();
        let grace = deadline.map_or(GRACE, |it| it.grace.min(GRACE));
        let ends = limit.and_then(|limit| {
            let ends = Instant::now().checked_add(limit)?;
            Some((limit, ends, ends.checked_add(grace)?))
        });
        let Some((limit, ends, given_up)) = ends else {
            return Guard::default();
        };
        let watch = Arc::new(Watch {
            limit,
            ends,
            grace,
            given_up,
            connection_id,
            state: AtomicU8::new(RUNNING),
            killed: SetOnce::new(),
        });
        let (watching, cancel) = (Arc::clone(&watch), cancel.clone());
        let leases = Arc::clone(leases);
        let task = tokio::spawn(async move {
            sleep_until(watching.ends).await;
            let _open = leases.begin();
            if watching.change(PASSED) {
                Counters::add(&leases.counters.timed_out);
                kill(&cancel).await;
                let _first = watching.killed.set(());
            }
        });
        Guard {
            limit: Self(Some(watch)),
            task: Some(task.abort_handle()),
        }
    }

    /// Whether there is a limit.
    pub(crate) fn exists(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the time is over.
    pub(crate) fn has_passed(&self) -> bool {
        self.passed().is_some()
    }

    /// Stops the watch, before a statement that must not be killed, such as `COMMIT`.
    ///
    /// # Errors
    ///
    /// The time is over: the statement must not be sent.
    pub(crate) fn stop(&self) -> Result<(), Failure> {
        match &self.0 {
            Some(watch) if !watch.change(STOPPED) && watch.has_passed() => {
                Err(watch.failure(Outcome::Ended))
            }
            _ => Ok(()),
        }
    }

    /// Waits for a statement's reply: if the server does not end the statement in time, not to the end. The reply is
    /// pinned, because a future is copied when it is passed on, and this one has kilobytes.
    ///
    /// # Errors
    ///
    /// [`Failure::StatementTimeout`]: the statement may be running, or was not sent because the time is over.
    pub(crate) async fn wait<F: Future>(&self, reply: Pin<&mut F>) -> Result<F::Output, Failure> {
        let Some(watch) = &self.0 else {
            return Ok(reply.await);
        };
        if watch.has_passed() {
            return Err(watch.failure(Outcome::Ended));
        }
        let waited = timeout_at(watch.given_up, reply).await;
        waited.map_err(|_| watch.failure(Outcome::Unknown))
    }

    /// What the reply to a statement says, given that the statement may have been killed. `incomplete` says whether a
    /// result may lack something, and what is then known of the statement.
    pub(crate) fn judge<T>(
        &self,
        reply: Result<T, Failure>,
        sql: &str,
        incomplete: impl FnOnce(&T) -> Option<Outcome>,
    ) -> Result<T, Failure> {
        let Some(watch) = self.passed() else {
            return reply;
        };
        match reply {
            Err(Failure::Database(error)) if is_interrupted(&error) => {
                Err(watch.failure(match is_atomic(sql) {
                    true => Outcome::Ended,
                    false => Outcome::Unknown,
                }))
            }
            // `SELECT SLEEP(9)` succeeds when it is killed.
            Ok(value) => match incomplete(&value) {
                Some(outcome) => Err(watch.failure(outcome)),
                None => Ok(value),
            },
            reply => reply,
        }
    }

    /// The failure of a request whose changes are all rolled back.
    pub(crate) fn ended(&self) -> Option<Failure> {
        self.passed().map(|watch| watch.failure(Outcome::Ended))
    }

    /// Waits until no `KILL QUERY` is on its way any more. Returns `false` if that takes too long.
    pub(super) async fn settle(&self) -> bool {
        match self.passed() {
            Some(watch) => timeout(watch.grace, watch.killed.wait()).await.is_ok(),
            None => true,
        }
    }

    /// How long the server may take to end the statement, and to answer then.
    pub(super) fn grace(&self) -> Duration {
        self.0.as_ref().map_or(GRACE, |watch| watch.grace)
    }

    fn passed(&self) -> Option<&Arc<Watch>> {
        self.0.as_ref().filter(|watch| watch.has_passed())
    }
}

impl Watch {
    /// Leaves [`RUNNING`]. Returns `false` if it was left before.
    fn change(&self, to: u8) -> bool {
        self.state
            .compare_exchange(RUNNING, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn has_passed(&self) -> bool {
        self.state.load(Ordering::Acquire) == PASSED
    }

    fn failure(&self, outcome: Outcome) -> Failure {
        Failure::StatementTimeout {
            limit: self.limit,
            outcome,
            connection_id: self.connection_id,
        }
    }
}

impl Guard {
    pub(super) fn limit(&self) -> &TimeLimit {
        &self.limit
    }

    /// Stops the watch. Returns `false` if the time is over, so that a `KILL QUERY` may be on its way.
    pub(super) fn stop(&self) -> bool {
        let Some(watch) = &self.limit.0 else {
            return true;
        };
        // A kill that has begun is not interrupted: the pool must know whether the server has answered it.
        if watch.change(STOPPED)
            && let Some(task) = &self.task
        {
            task.abort();
        }
        !watch.has_passed()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn kill(cancel: &CancelHandle) {
    match cancel.cancel().await {
        Ok(()) => info!("killed a statement that took too long"),
        Err(error) => {
            warn!(%error, "a statement that took too long may still be running");
        }
    }
}

fn is_interrupted(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Server(server) if server.code == INTERRUPTED)
}

/// Whether the server rolls back all changes of the statement if it is killed. A procedure may have committed some.
fn is_atomic(sql: &str) -> bool {
    const KEYWORDS: [&str; 12] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES", "TABLE", "LOAD", "DO",
        "SHOW", "EXPLAIN",
    ];
    let keyword = first_keyword(sql).unwrap_or_default();
    KEYWORDS.iter().any(|it| it.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use rds_bridge::Stage;
    use rds_bridge::component::ServerError;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(7);

    fn passed() -> Guard {
        let guard = TimeLimit::begin(Some(LIMIT), &CancelHandle::default(), 9, &Arc::default());
        assert!(guard.limit.0.as_ref().unwrap().change(PASSED));
        guard
    }

    fn outcome(reply: Result<bool, Failure>, sql: &str) -> Result<bool, Outcome> {
        let guard = passed();
        let incomplete = |has_rows: &bool| has_rows.then_some(Outcome::Unknown);
        let judged = guard.limit().judge(reply, sql, incomplete);
        judged.map_err(|failure| match failure {
            Failure::StatementTimeout { outcome, .. } => outcome,
            other => panic!("{other}"),
        })
    }

    fn interrupted() -> Result<bool, Failure> {
        let kind = ErrorKind::Server(ServerError {
            code: INTERRUPTED,
            sql_state: None,
            message: String::new(),
        });
        Err(Failure::Database(Error::new(Stage::Statement, kind)))
    }

    #[tokio::test]
    async fn what_a_killed_statement_has_done_is_told_as_it_is() {
        let ended = |sql| outcome(interrupted(), sql);
        assert_eq!(
            ended("/* a */ insert INTO t VALUES (1)"),
            Err(Outcome::Ended)
        );
        assert_eq!(ended("CALL p()"), Err(Outcome::Unknown));
        assert_eq!(ended("BEGIN NOT ATOMIC COMMIT; END"), Err(Outcome::Unknown));
        // The server was faster: the statement was executed.
        assert_eq!(outcome(Ok(false), "INSERT INTO t VALUES (1)"), Ok(false));
        assert_eq!(outcome(Ok(true), "SELECT SLEEP(9)"), Err(Outcome::Unknown));
    }

    #[tokio::test]
    async fn a_statement_that_must_not_be_killed_is_not_sent_too_late() {
        let guard = passed();
        assert!(guard.limit().stop().is_err());
        assert!(guard.limit().wait(pin!(async {})).await.is_err());
        let none = TimeLimit::begin(None, &CancelHandle::default(), 9, &Arc::default());
        assert!(none.limit().stop().is_ok());
        assert!(none.limit().wait(pin!(async {})).await.is_ok());
    }

    #[tokio::test]
    async fn after_it_was_stopped_it_does_not_pass() {
        let leases = Arc::default();
        let guard = TimeLimit::begin(Some(Duration::ZERO), &CancelHandle::default(), 9, &leases);
        assert!(guard.limit().stop().is_ok());
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!guard.limit().has_passed());
        assert!(guard.limit().settle().await);
        assert!(guard.stop());
    }

    #[tokio::test]
    async fn a_kill_is_waited_for() {
        let leases = Arc::<Leases>::default();
        let guard = TimeLimit::begin(Some(Duration::ZERO), &CancelHandle::default(), 9, &leases);
        assert!(guard.limit().0.as_ref().unwrap().killed.wait().await == &());
        assert!(!guard.stop());
        drop(guard);
        leases.ended().await;
    }
}
