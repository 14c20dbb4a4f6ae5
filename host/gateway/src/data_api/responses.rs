//! The responses, as the service model has them.

use rds_bridge::mysql::Summary;
use serde::Serialize;

use super::column_metadata::ColumnMetadata;
use super::field::Field;

/// `ExecuteStatementResponse`
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecuteStatement<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) column_metadata: Option<Vec<ColumnMetadata<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) records: Option<Vec<Vec<Field<'r>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) formatted_records: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) generated_fields: Option<Vec<Field<'r>>>,
    pub(super) number_of_records_updated: u64,
}

/// `BatchExecuteStatementResponse`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchExecuteStatement {
    pub(super) update_results: Vec<UpdateResult>,
}

/// `UpdateResult`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateResult {
    pub(super) generated_fields: Vec<Field<'static>>,
}

/// `BeginTransactionResponse`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BeginTransaction {
    pub(super) transaction_id: String,
}

/// `CommitTransactionResponse` and `RollbackTransactionResponse`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionEnd {
    pub(super) transaction_status: &'static str,
}

/// The `AUTO_INCREMENT` value that a statement generated. Of a statement that inserts several rows it is the first, as
/// the server tells no other. The statement has been executed, so a value that no `longValue` has is no error.
pub(super) fn generated_fields(summary: &Summary) -> Vec<Field<'static>> {
    match (
        summary.last_insert_id,
        i64::try_from(summary.last_insert_id),
    ) {
        (0, _) => Vec::new(),
        (_, Ok(id)) => vec![Field::LongValue(id)],
        (id, Err(_)) => vec![Field::StringValue(id.to_string().into())],
    }
}

/// The number of rows that a statement inserted or deleted; of an `UPDATE` that of the rows that it matched, whether or
/// not their values were different before, as JDBC and AWS count them.
pub(super) fn records_updated(summary: &Summary) -> u64 {
    let matched = summary.info.strip_prefix("Rows matched: ");
    let matched = matched.and_then(|rest| rest.split(' ').next()?.parse().ok());
    matched.unwrap_or(summary.affected_rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(last_insert_id: u64, affected_rows: u64, info: &str) -> Summary {
        let mut summary = Summary::default();
        summary.last_insert_id = last_insert_id;
        summary.affected_rows = affected_rows;
        summary.info = info.to_owned();
        summary
    }

    #[test]
    fn an_update_counts_the_rows_that_it_matched() {
        let info = "Rows matched: 3  Changed: 1  Warnings: 0";
        assert_eq!(records_updated(&summary(0, 1, info)), 3);
        let info = "Records: 2  Duplicates: 0  Warnings: 0";
        assert_eq!(records_updated(&summary(0, 2, info)), 2);
        assert_eq!(records_updated(&summary(0, 5, "")), 5);
    }

    #[test]
    fn a_generated_value_is_a_long_where_it_is_one() {
        assert_eq!(generated_fields(&summary(0, 1, "")), []);
        assert_eq!(generated_fields(&summary(7, 1, "")), [Field::LongValue(7)]);
        let most = generated_fields(&summary(u64::MAX, 1, ""));
        assert_eq!(most, [Field::StringValue("18446744073709551615".into())]);
    }
}
