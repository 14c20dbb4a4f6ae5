//! A statement of a transaction, which it must not end: the client believes that its statements take effect together.

use rds_bridge::mysql::Param;

use super::error::ApiError;
use super::execute::execute;
use crate::execution::{Effect, Failure, Lease, TypedResult};
use crate::statistics::Ending;

/// `ER_CANT_DO_THIS_DURING_AN_TRANSACTION`
const DURING_TRANSACTION: u16 = 1179;

/// Executes a statement of an open transaction.
///
/// A statement that controls transactions is refused, and so is one that commits implicitly, if the transaction may have
/// changes. Clients such as `aurora-data-api` execute every statement in a transaction, `CREATE TABLE` too. Of a statement
/// that may end the transaction, such as `CALL`, the server tells whether it has.
///
/// If the transaction has ended, the session ends too, so that no later statement is committed without the earlier ones.
pub(super) async fn execute_in_transaction(
    lease: &mut Lease,
    sql: &str,
    params: &[Param],
) -> Result<TypedResult, ApiError> {
    let effect = Effect::of(sql);
    let was_in_transaction = lease.is_in_transaction();
    match effect {
        Effect::Controls => return Err(ApiError::controls_transaction()),
        Effect::Commits if was_in_transaction && lease.may_have_changes() => {
            return Err(ApiError::commits_transaction());
        }
        Effect::Commits => lease.note_changes(false),
        Effect::Reads | Effect::Sets => {}
        Effect::Keeps | Effect::Calls | Effect::Unknown => lease.note_changes(true),
    }
    let may_end = matches!(effect, Effect::Calls | Effect::Sets | Effect::Unknown);
    if may_end {
        let marked = lease.mark().await;
        marked.map_err(|failure| ApiError::before_statement(&failure))?;
    }
    let executed = execute(lease, sql, params).await;
    if may_end {
        return watched(lease, executed).await;
    }
    if !lease.is_usable() {
        return executed.map_err(|failure| ApiError::of_statement(&failure));
    }
    match executed {
        Ok(result)
            if effect == Effect::Commits || !was_in_transaction || lease.is_in_transaction() =>
        {
            Ok(result)
        }
        Ok(_) => {
            lease.end_session();
            Err(ApiError::of_statement(&Failure::TransactionEnded(None)))
        }
        Err(failure) => {
            if was_in_transaction && effect != Effect::Commits {
                // An ERR_Packet does not say whether the transaction is still open; the reply to this does.
                lease.ask_status().await;
                if !lease.is_usable() || !lease.is_in_transaction() {
                    lease.end_session();
                }
            }
            Err(ApiError::of_statement(&failure))
        }
    }
}

/// The result of a statement before which the transaction was marked.
async fn watched(
    lease: &mut Lease,
    executed: Result<TypedResult, Failure>,
) -> Result<TypedResult, ApiError> {
    let goes_on = match &executed {
        // The rest of the result was given up, and the transaction with it.
        Err(Failure::ResultTooLarge { .. } | Failure::TooManyRows { .. }) => false,
        _ => !lease.is_usable() || lease.is_marked().await,
    };
    if goes_on {
        return executed.map_err(|failure| ApiError::of_statement(&failure));
    }
    lease.end_session();
    let ended = Failure::TransactionEnded(executed.err().map(Box::new));
    Err(ApiError::of_statement(&ended))
}

impl ApiError {
    /// The statement begins or ends a transaction, in a transaction. It was not executed.
    pub(super) fn controls_transaction() -> Self {
        Self::during_transaction(
            "The statement controls a transaction: call CommitTransaction or RollbackTransaction. It was not executed, \
             and the transaction is open",
        )
    }

    /// The statement commits implicitly, in a transaction that has begun. It was not executed.
    pub(super) fn commits_transaction() -> Self {
        Self::during_transaction(
            "The statement would commit what precedes it in the transaction: commit first, or execute it without \
             transactionId. It was not executed, and the transaction is open",
        )
    }

    /// The statement would end the transaction of its batch. Nothing was executed.
    pub(super) fn ends_batch() -> Self {
        Self::during_transaction(
            "The statement would end the transaction of the batch: send it with ExecuteStatement. Nothing was executed",
        )
    }

    fn during_transaction(message: &str) -> Self {
        Self::database(message, DURING_TRANSACTION, "25000").with_ending(Ending::Refused)
    }
}
