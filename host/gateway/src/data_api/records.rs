//! The rows of a result: as fields.

use rds_bridge::mysql::Row;

use super::error::ApiError;
use super::field::{Field, Unsupported};
use super::requests::ResultSetOptions;
use crate::execution::TypedResult;

/// The fields of every row.
///
/// # Errors
///
/// A value has no field, and the options say how to get it; or the server sent a value that the protocol does not allow.
pub(super) fn records(
    result: &TypedResult,
    options: ResultSetOptions,
) -> Result<Vec<Vec<Field<'_>>>, ApiError> {
    let rows = result.rows.iter();
    rows.map(|row| fields(&row.as_row(), options)).collect()
}

/// The fields of a row.
pub(super) fn fields<'r>(
    row: &Row<'r>,
    options: ResultSetOptions,
) -> Result<Vec<Field<'r>>, ApiError> {
    let mut fields = Vec::with_capacity(row.columns().len());
    for (index, column) in row.columns().iter().enumerate() {
        let value = row.value(index).map_err(rds_bridge::Error::from);
        let value = value.map_err(|error| ApiError::unsupported_result(&error.to_string()))?;
        let field = Field::new(value, column, options);
        fields.push(field.map_err(|unsupported| refused(column.name(), unsupported))?);
    }
    Ok(fields)
}

fn refused(column: &str, unsupported: Unsupported) -> ApiError {
    let remedy = match unsupported {
        Unsupported::Long => "set longReturnType to STRING",
        Unsupported::Decimal => "set decimalReturnType to STRING",
    };
    ApiError::unsupported_result(&format!(
        "the column {column:?} has a number that does not fit into a longValue: {remedy}"
    ))
}
