//! The requests, as the service model has them. Unknown members are ignored, as AWS ignores them.

use serde::Deserialize;

use super::parameter::SqlParameter;

/// Which database a request is for, and in which transaction. `secretArn` is not read: the gateway has its own
/// credentials.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) resource_arn: String,
    pub(super) database: Option<String>,
    pub(super) transaction_id: Option<String>,
}

/// `ExecuteStatementRequest`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecuteStatement {
    #[serde(flatten)]
    pub(super) target: Target,
    pub(super) sql: String,
    pub(super) parameters: Option<Vec<SqlParameter>>,
    pub(super) include_result_metadata: Option<bool>,
    pub(super) result_set_options: Option<ResultSetOptions>,
    pub(super) format_records_as: Option<RecordsFormat>,
}

/// `BatchExecuteStatementRequest`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchExecuteStatement {
    #[serde(flatten)]
    pub(super) target: Target,
    pub(super) sql: String,
    pub(super) parameter_sets: Option<Vec<Vec<SqlParameter>>>,
}

/// `BeginTransactionRequest`, `CommitTransactionRequest` and `RollbackTransactionRequest`
pub(super) type TransactionControl = Target;

/// The statement of a request.
pub(super) trait Sql {
    /// `None` for a request that names none.
    fn sql(&self) -> Option<&str>;
}

impl Sql for ExecuteStatement {
    fn sql(&self) -> Option<&str> {
        Some(&self.sql)
    }
}

impl Sql for BatchExecuteStatement {
    fn sql(&self) -> Option<&str> {
        Some(&self.sql)
    }
}

impl Sql for TransactionControl {
    fn sql(&self) -> Option<&str> {
        None
    }
}

/// `ResultSetOptions`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultSetOptions {
    pub(super) decimal_return_type: Option<DecimalReturnType>,
    pub(super) long_return_type: Option<LongReturnType>,
}

/// How a `DECIMAL` is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum DecimalReturnType {
    String,
    DoubleOrLong,
}

/// How a `BIGINT` is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum LongReturnType {
    String,
    Long,
}

/// How the rows are returned: as fields, or as one JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum RecordsFormat {
    None,
    Json,
}
