//! A result in the bytes of the text protocol.

use rds_bridge::mysql::{Column, Connection, Summary};

use super::{Allowance, Failure};

/// The first result of a statement, in the bytes of the text protocol.
#[derive(Debug, Default)]
pub(crate) struct TextResult {
    /// Empty for a statement without rows.
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<TextRow>,
    /// Of the statement's last result.
    pub(crate) summary: Summary,
}

/// A row, its values one after another.
#[derive(Debug, Default)]
pub(crate) struct TextRow {
    /// The length of each value; `None` for NULL.
    pub(crate) lengths: Vec<Option<usize>>,
    pub(crate) values: Vec<u8>,
}

impl TextResult {
    /// Executes a statement in the text protocol, whatever the connection's setting is.
    pub(super) async fn read(
        connection: &mut Connection,
        sql: &str,
        mut allowance: Allowance,
    ) -> Result<Self, Failure> {
        let mut rows = connection.query(sql).await?;
        let mut result = Self {
            columns: rows.columns().to_vec(),
            ..Self::default()
        };
        while let Some(row) = rows.next().await? {
            let number = row.columns().len();
            allowance.take(row.encoded_length(), number)?;
            let mut copy = TextRow {
                lengths: Vec::with_capacity(number),
                values: Vec::with_capacity(row.encoded_length()),
            };
            for index in 0..number {
                let value = row.encoded_value(index);
                copy.lengths.push(value.map(<[u8]>::len));
                copy.values.extend_from_slice(value.unwrap_or_default());
            }
            result.rows.push(copy);
        }
        result.summary = rows.finish().await?;
        Ok(result)
    }
}
