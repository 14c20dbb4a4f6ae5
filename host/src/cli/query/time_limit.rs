//! `--timeout`: a statement that takes too long is ended on the server.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::bridge::CancelHandle;
use crate::cli::error::Error;
use crate::error::{ErrorKind, Stage};

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
    let too_late = crate::Error::new(Stage::Statement, ErrorKind::Timeout(limit));
    let too_late = Error::Bridge(too_late);
    if is_committing.get() {
        let done = timeout(GRACE, statement).await;
        return done.unwrap_or_else(|_| Err(Error::CommitUnknown(Box::new(too_late))));
    }
    let told = timeout(GRACE, cancel.cancel()).await;
    if let Ok(Err(error)) = told {
        tracing::warn!(%error, "the statement may go on on the server, which could not be told");
    }
    Err(too_late)
}
