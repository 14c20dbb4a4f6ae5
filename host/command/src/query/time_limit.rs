//! `--timeout`: ends a statement that takes too long, on the server too.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::interrupt;
use crate::error::Error;
use rds_bridge::error::{ErrorKind, Stage};
use rds_bridge::mysql::CancelHandle;

/// How long to wait for the cancellation, or for the answer to a COMMIT.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the statement within a time limit. After that it is abandoned, and so is its transaction: the connection is
/// closed, so the server rolls back. A COMMIT that was already sent is awaited for a grace period.
pub(super) async fn within<T>(
    limit: Option<Duration>,
    statement: impl Future<Output = Result<T, Error>>,
    is_committing: &Cell<bool>,
    cancel: &CancelHandle,
) -> Result<T, Error> {
    let Some(limit) = limit else {
        return statement.await;
    };
    let mut statement = pin!(statement);
    if let Ok(done) = timeout(limit, &mut statement).await {
        return done;
    }
    let too_late = rds_bridge::Error::new(Stage::Statement, ErrorKind::Timeout(limit));
    let too_late = Error::Bridge(too_late);
    if is_committing.get() {
        let done = timeout(GRACE, statement).await;
        return done.unwrap_or_else(|_| Err(Error::CommitUnknown(Box::new(too_late))));
    }
    match interrupt::or_interrupted(timeout(GRACE, cancel.cancel())).await {
        Err(_) => Err(Error::NotAwaited),
        Ok(Ok(Ok(()))) => Err(too_late),
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "cannot tell the server to end the statement");
            Err(Error::NotEnded(Box::new(too_late)))
        }
        Ok(Err(_)) => Err(Error::NotEnded(Box::new(too_late))),
    }
}

/// Whether the error is that the time limit was exceeded.
pub(super) fn is_exceeded(error: &Error) -> bool {
    match error {
        Error::CommitUnknown(why) | Error::NotEnded(why) => is_exceeded(why),
        Error::NotAwaited => true,
        Error::Bridge(error) => {
            error.stage() == Stage::Statement && matches!(error.kind(), ErrorKind::Timeout(_))
        }
        _ => false,
    }
}
