//! The rows of a result as one JSON text: an array with an object for each row.

use std::collections::HashSet;

use serde::Serialize;

use super::error::ApiError;
use super::field::Field;
use super::records::fields;
use super::requests::ResultSetOptions;
use crate::execution::{Allowance, TypedResult};

/// Writes the rows.
///
/// # Errors
///
/// Two columns have the same name: an object would show one of them. Or the text, which repeats the names in each row,
/// has more bytes than a result may have. Else as for fields.
pub(super) fn formatted_records(
    result: &TypedResult,
    options: ResultSetOptions,
    allowance: &Allowance,
) -> Result<String, ApiError> {
    let mut names = HashSet::new();
    let repeated = result.columns.iter().find(|it| !names.insert(it.name()));
    if let Some(column) = repeated {
        return Err(ApiError::unsupported_result(&format!(
            "two columns have the name {:?}: give one of them an alias",
            column.name()
        )));
    }
    let mut text = String::from("[");
    for (number, row) in result.rows.iter().enumerate() {
        text.push_str(if number == 0 { "{" } else { ",{" });
        let row = row.as_row();
        let fields = fields(&row, options)?;
        for (number, (column, field)) in row.columns().iter().zip(&fields).enumerate() {
            if number > 0 {
                text.push(',');
            }
            push(&mut text, &column.name())?;
            text.push(':');
            match field {
                Field::IsNull(_) => text.push_str("null"),
                Field::BooleanValue(value) => push(&mut text, value)?,
                Field::LongValue(value) => push(&mut text, value)?,
                Field::DoubleValue(value) => push(&mut text, value)?,
                Field::StringValue(value) => push(&mut text, value)?,
                Field::BlobValue(value) => push(&mut text, value)?,
            }
        }
        text.push('}');
        let checked = allowance.check_written(text.len());
        checked.map_err(|failure| ApiError::of_statement(&failure))?;
    }
    text.push(']');
    Ok(text)
}

fn push(text: &mut String, value: &impl Serialize) -> Result<(), ApiError> {
    let json = serde_json::to_string(value).map_err(|error| ApiError::internal(&error))?;
    text.push_str(&json);
    Ok(())
}
