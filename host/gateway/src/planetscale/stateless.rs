//! Statements for a gateway that keeps no sessions.

use super::statement::Statement;
use super::{Outcome, connection};
use crate::caller::Caller;
use crate::execution::{BLANK, Failure, TextResult};
use crate::shared::Shared;

/// Executes a statement by itself. The client sends the token that it gets here with its next request; whatever token a
/// request has, it is for no session.
pub(super) async fn outcome(
    shared: &Shared,
    caller: &Caller,
    statement: &Statement<'_>,
) -> Outcome {
    Outcome {
        session: BLANK.to_owned(),
        result: result(shared, caller, statement).await,
    }
}

async fn result(
    shared: &Shared,
    caller: &Caller,
    statement: &Statement<'_>,
) -> Result<TextResult, Failure> {
    // The client rolls back after its `BEGIN` was refused, and shows the error of the one that fails last.
    if statement.is_ignored() || statement.rolls_back() {
        return Ok(TextResult::default());
    }
    if statement.needs_session() {
        return Err(Failure::NoSessions);
    }
    let grant = shared.grant(caller, None)?;
    let request = shared.admit_request(caller, &grant)?;
    grant.allows(statement.sql())?;
    let mut lease = connection::lease(shared, &grant, request).await?;
    let result = lease.execute_text(statement.sql()).await;
    let result = result.map_err(Failure::after_sending)?;
    if lease.is_in_transaction() {
        // The pool rolls it back.
        return Err(Failure::NoSessions);
    }
    Ok(result)
}
