//! Notices whether a statement has ended the transaction, also if it has begun another.
//!
//! The status flags of an `OK_Packet` say whether a transaction is open, and not which. The end of a transaction deletes
//! its savepoints, so a savepoint that is set before a statement exists after it only if the transaction is the same
//! (MySQL Reference Manual, "SAVEPOINT, ROLLBACK TO SAVEPOINT, and RELEASE SAVEPOINT Statements").

use rds_bridge::Error;
use rds_bridge::mysql::Connection;

/// Releasing it releases the savepoints that the statement has set. A later statement that names one of them fails.
const SET: &str = "SAVEPOINT rds_bridge_statement";
const RELEASE: &str = "RELEASE SAVEPOINT rds_bridge_statement";
/// `ER_QUERY_INTERRUPTED`
const INTERRUPTED: u16 = 1317;

/// Marks the transaction, before a statement.
///
/// # Errors
///
/// As those of a statement.
pub(crate) async fn mark(connection: &mut Connection) -> Result<(), Error> {
    connection.execute(SET, ()).await.map(drop)
}

/// Whether the transaction is known to be the one that was marked. Call it after the statement, whose reply was read.
pub(crate) async fn is_marked(connection: &mut Connection) -> bool {
    match connection.execute(RELEASE, ()).await {
        Ok(_) => connection.is_usable(),
        // The `KILL QUERY` of the statement came after its end. There is no second one.
        Err(error) if error.code() == Some(INTERRUPTED) => {
            connection.execute(RELEASE, ()).await.is_ok()
        }
        Err(_) => false,
    }
}
