//! `BeginTransaction`, `CommitTransaction` and `RollbackTransaction`

use super::Json;
use super::error::ApiError;
use super::place::{in_transaction, lease};
use super::requests::TransactionControl;
use super::responses::{BeginTransaction, TransactionEnd};
use crate::caller::Caller;
use crate::execution::{Failure, Kind, SessionPolicy};
use crate::shared::Shared;

/// Without autocommit, a transaction begins with its first statement that reads or writes a table. A statement that
/// commits implicitly, such as `CREATE TABLE`, can precede it, as with AWS. After `START TRANSACTION`, each later statement
/// would be committed by itself.
const BEGIN: &str = "SET autocommit = 0";
/// `completion_type` may be `CHAIN` or `RELEASE`.
const COMMIT: &str = "COMMIT AND NO CHAIN NO RELEASE";
const ROLLBACK: &str = "ROLLBACK AND NO CHAIN NO RELEASE";

/// Begins a transaction, whose connection is kept until it ends.
pub(super) async fn begin(
    shared: Shared,
    caller: Caller,
    request: TransactionControl,
) -> Result<Json, ApiError> {
    if shared.limits.sessions == SessionPolicy::Refused {
        return Err(ApiError::of_statement(&Failure::NoSessions));
    }
    // A transaction cannot begin inside another.
    let target = TransactionControl {
        transaction_id: None,
        ..request
    };
    let admitted = shared.sessions.admit();
    admitted.map_err(|failure| ApiError::before_statement(&failure))?;
    let mut lease = lease(&shared, &caller, &target, |_| Ok(())).await?;
    let reserved = shared.reserve_session(&caller, &mut lease);
    reserved.map_err(|failure| ApiError::before_statement(&failure))?;
    let begun = lease.execute_text(BEGIN).await;
    begun.map_err(|failure| ApiError::before_statement(&failure))?;
    let kept = shared.keep(lease, &caller, Kind::Transaction);
    Json::of(&BeginTransaction {
        transaction_id: kept.map_err(|failure| ApiError::before_statement(&failure))?,
    })
}

pub(super) async fn commit(
    shared: Shared,
    caller: Caller,
    request: TransactionControl,
) -> Result<Json, ApiError> {
    end(shared, caller, request, COMMIT, "Transaction Committed").await
}

pub(super) async fn roll_back(
    shared: Shared,
    caller: Caller,
    request: TransactionControl,
) -> Result<Json, ApiError> {
    end(shared, caller, request, ROLLBACK, "Rollback Complete").await
}

/// Ends the transaction, and its session in any case. If the connection is lost, the transaction may have been committed.
async fn end(
    shared: Shared,
    caller: Caller,
    request: TransactionControl,
    statement: &str,
    transaction_status: &'static str,
) -> Result<Json, ApiError> {
    let Some(id) = &request.transaction_id else {
        return Err(ApiError::validation("transactionId is missing"));
    };
    let mut lease = in_transaction(&shared, &caller, id).await?;
    let ended = lease.execute_text(statement).await;
    lease.end_session();
    ended.map_err(|failure| ApiError::of_statement(&failure))?;
    Json::of(&TransactionEnd { transaction_status })
}
