//! Borrows a connection for a statement. If that fails, the log has the reason, and the client an id of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rds_bridge::error::Chain;
use rds_bridge::{Error, ErrorKind};
use tracing::warn;

use crate::access::Grant;
use crate::execution::{Failure, Lease};
use crate::shared::{AdmittedRequest, Shared};

/// How many requests found no connection.
static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// Borrows a connection. Why none can be opened is for the log, because it names users and addresses: the client is told
/// the id of its request there.
pub(super) async fn lease(
    shared: &Shared,
    grant: &Arc<Grant>,
    request: AdmittedRequest,
) -> Result<Lease, Failure> {
    let leased = shared.lease(grant, request).await;
    leased.map_err(|failure| match failure {
        Failure::Database(error) if !is_of_pool(&error) => {
            let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
            let id = format!("{}-{number}", shared.sessions.instance());
            warn!(id, error = %Chain(&error), "no connection to the database");
            Failure::no_connection(error, id)
        }
        other => other,
    })
}

/// Whether the pool had no connection to lend, which says nothing of the database.
fn is_of_pool(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PoolTimeout { .. } | ErrorKind::PoolClosed
    )
}
