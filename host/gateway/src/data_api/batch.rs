//! `BatchExecuteStatement`

use rds_bridge::mysql::Param;

use super::Json;
use super::bindings::Statement;
use super::error::ApiError;
use super::in_transaction::execute_in_transaction;
use super::place::lease;
use super::requests::BatchExecuteStatement;
use super::responses::{self, UpdateResult, generated_fields};
use crate::caller::Caller;
use crate::execution::{Effect, Lease};
use crate::shared::Shared;

/// `completion_type` may be `CHAIN` or `RELEASE`.
const COMMIT: &str = "COMMIT AND NO CHAIN NO RELEASE";

/// Executes a statement once for each set of parameters, in the transaction that the request names, or in one of its own:
/// then either all are executed or none.
pub(super) async fn batch_execute_statement(
    shared: Shared,
    caller: Caller,
    request: BatchExecuteStatement,
) -> Result<Json, ApiError> {
    let statement = Statement::parse(&request.sql)?;
    let sets = request.parameter_sets.as_deref().unwrap_or_default();
    // All before the first is executed.
    let sets: Vec<Vec<Param>> = sets
        .iter()
        .map(|set| statement.bind(set))
        .collect::<Result<_, _>>()?;
    let is_own = request.target.transaction_id.is_none();
    if is_own
        && matches!(
            Effect::of(&statement.sql),
            Effect::Commits | Effect::Controls
        )
    {
        return Err(ApiError::ends_batch());
    }
    let mut lease = lease(&shared, &caller, &request.target, |it| {
        it.allows(&statement.sql)
    })
    .await?;
    if is_own {
        let begun = lease.execute_text("START TRANSACTION").await;
        begun.map_err(|failure| ApiError::before_statement(&failure))?;
    }
    let update_results = execute_sets(&mut lease, &statement.sql, &sets).await?;
    if is_own {
        let committed = lease.execute_text(COMMIT).await;
        committed.map_err(|failure| ApiError::of_statement(&failure))?;
    }
    drop(lease);
    Json::of(&responses::BatchExecuteStatement { update_results })
}

/// It is prepared once for sets whose values have the same types. The lease rolls back what it has not committed.
async fn execute_sets(
    lease: &mut Lease,
    sql: &str,
    sets: &[Vec<Param>],
) -> Result<Vec<UpdateResult>, ApiError> {
    let mut results = Vec::with_capacity(sets.len());
    for params in sets {
        let result = execute_in_transaction(lease, sql, params).await?;
        results.push(UpdateResult {
            generated_fields: generated_fields(&result.summary),
        });
    }
    Ok(results)
}
