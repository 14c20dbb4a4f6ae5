//! `ExecuteStatement`

use rds_bridge::mysql::{Param, first_keyword};

use super::Json;
use super::bindings::Statement;
use super::column_metadata::ColumnMetadata;
use super::error::ApiError;
use super::formatted_records::formatted_records;
use super::in_transaction::execute_in_transaction;
use super::place::lease;
use super::records::records;
use super::requests::{ExecuteStatement, RecordsFormat};
use super::responses::{self, generated_fields, records_updated};
use crate::caller::Caller;
use crate::execution::{Allowance, Failure, Lease, TypedResult};
use crate::shared::Shared;

/// `ER_UNSUPPORTED_PS`: the statement cannot be prepared. It was not executed.
const NOT_TO_BE_PREPARED: u16 = 1295;

/// Executes one statement, in the transaction that the request names, or by itself.
pub(super) async fn execute_statement(
    shared: Shared,
    caller: Caller,
    request: ExecuteStatement,
) -> Result<Json, ApiError> {
    let statement = Statement::parse(&request.sql)?;
    let params = statement.bind(request.parameters.as_deref().unwrap_or_default())?;
    let mut lease = lease(&shared, &caller, &request.target, |it| {
        it.allows(&statement.sql)
    })
    .await?;
    let result = match request.target.transaction_id {
        Some(_) => execute_in_transaction(&mut lease, &statement.sql, &params).await?,
        None => {
            let executed = execute(&mut lease, &statement.sql, &params).await;
            executed.map_err(|failure| ApiError::of_statement(&failure))?
        }
    };
    let allowance = lease.limits().whole();
    // Other requests of the transaction, and of the pool, need not wait until the response is written.
    drop(lease);
    response(&result, &request, &allowance)
}

/// Executes a statement with bound parameters.
pub(super) async fn execute(
    lease: &mut Lease,
    sql: &str,
    params: &[Param],
) -> Result<TypedResult, Failure> {
    match lease.execute_prepared(sql, params).await {
        Err(failure) if params.is_empty() && is_not_to_be_prepared(&failure, sql) => {
            lease.execute_unprepared(sql).await
        }
        executed => executed,
    }
}

/// A procedure may meet this error in its middle: it is not executed again.
fn is_not_to_be_prepared(failure: &Failure, sql: &str) -> bool {
    let is_call = first_keyword(sql).is_some_and(|word| word.eq_ignore_ascii_case("CALL"));
    failure.code() == NOT_TO_BE_PREPARED && !is_call
}

fn response(
    result: &TypedResult,
    request: &ExecuteStatement,
    allowance: &Allowance,
) -> Result<Json, ApiError> {
    let options = request.result_set_options.unwrap_or_default();
    if result.columns.is_empty() {
        return Json::of(&responses::ExecuteStatement {
            generated_fields: Some(generated_fields(&result.summary)),
            number_of_records_updated: records_updated(&result.summary),
            ..Default::default()
        });
    }
    if request.format_records_as == Some(RecordsFormat::Json) {
        return Json::of(&responses::ExecuteStatement {
            formatted_records: Some(formatted_records(result, options, allowance)?),
            ..Default::default()
        });
    }
    let with_metadata = request.include_result_metadata == Some(true);
    let column_metadata = || result.columns.iter().map(ColumnMetadata::new).collect();
    Json::of(&responses::ExecuteStatement {
        column_metadata: with_metadata.then(column_metadata),
        records: Some(records(result, options)?),
        ..Default::default()
    })
}
