//! A result with typed values.

use rds_bridge::mysql::{Column, Connection, OwnedRow, Param, Rows, Summary};

use super::{Allowance, Failure};

/// The first result of a statement, with typed values.
#[derive(Debug, Default)]
pub(crate) struct TypedResult {
    /// Empty for a statement without rows.
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<OwnedRow>,
    /// Of the statement's last result.
    pub(crate) summary: Summary,
}

impl TypedResult {
    /// Prepares and executes a statement with a parameter for each question mark.
    pub(super) async fn read(
        connection: &mut Connection,
        sql: &str,
        params: &[Param],
        allowance: Allowance,
    ) -> Result<Self, Failure> {
        Self::collect(connection.query_with(sql, params).await?, allowance).await
    }

    /// Executes a statement without parameters as the connection's setting says.
    pub(super) async fn read_unprepared(
        connection: &mut Connection,
        sql: &str,
        allowance: Allowance,
    ) -> Result<Self, Failure> {
        Self::collect(connection.query(sql).await?, allowance).await
    }

    async fn collect(mut rows: Rows<'_>, mut allowance: Allowance) -> Result<Self, Failure> {
        let mut result = Self {
            columns: rows.columns().to_vec(),
            ..Self::default()
        };
        while let Some(row) = rows.next().await? {
            allowance.take(row.encoded_length(), row.columns().len())?;
            result.rows.push(row.to_owned());
        }
        result.summary = rows.finish().await?;
        Ok(result)
    }
}
