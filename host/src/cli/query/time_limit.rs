//! `--timeout`: a statement that takes too long is ended on the server.

use std::time::Duration;

use tokio::time::timeout;

use crate::bridge::CancelHandle;
use crate::cli::error::Error;
use crate::error::{ErrorKind, Stage};

/// How long the server has to be told.
const GRACE: Duration = Duration::from_secs(5);

/// The statement, as far as it is done in time. After that it is given up, and so is its transaction: the connection
/// has no further use, and the server rolls back when it is closed.
pub(super) async fn within<T>(
    limit: Option<Duration>,
    statement: impl Future<Output = Result<T, Error>>,
    cancel: &CancelHandle,
) -> Result<T, Error> {
    let Some(limit) = limit else {
        return statement.await;
    };
    if let Ok(done) = timeout(limit, statement).await {
        return done;
    }
    let told = timeout(GRACE, cancel.cancel()).await;
    if let Ok(Err(error)) = told {
        tracing::warn!(%error, "the statement may go on on the server, which could not be told");
    }
    let too_late = crate::Error::new(Stage::Statement, ErrorKind::Timeout(limit));
    Err(Error::Bridge(too_late))
}
