//! `--timeout`: a statement that takes too long is ended on the server.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::interrupt;
use crate::error::Error;
use rds_bridge::error::{ErrorKind, Stage};
use rds_bridge::mysql::CancelHandle;

/// How long the server has to be told, or to answer a COMMIT.
const GRACE: Duration = Duration::from_secs(5);

/// The statement, as far as it is done in time. After that it is given up, and so is its transaction: the connection
/// has no further use, and the server rolls back when it is closed. A COMMIT that is on its way is not given up.
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
            tracing::warn!(%error, "the server could not be told to end the statement");
            Err(Error::NotEnded(Box::new(too_late)))
        }
        Ok(Err(_)) => Err(Error::NotEnded(Box::new(too_late))),
    }
}

/// Whether it is the end of the time that it tells of.
pub(super) fn is_over(error: &Error) -> bool {
    match error {
        Error::CommitUnknown(why) | Error::NotEnded(why) => is_over(why),
        Error::NotAwaited => true,
        Error::Bridge(error) => {
            error.stage() == Stage::Statement && matches!(error.kind(), ErrorKind::Timeout(_))
        }
        _ => false,
    }
}
