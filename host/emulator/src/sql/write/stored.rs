//! The values that a statement writes, converted to the types of their columns.

use super::{Given, Write};
use crate::server_error::ServerError;
use crate::sql::catalog::{Column, DefaultValue, Table};
use crate::sql::expression::{Expression, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::Result;
use crate::sql::quote;
use crate::temporal;

pub(super) fn write_rows(table: &Table, names: &[String], rows: &[Vec<Given>]) -> Result<Write> {
    let mut sql = Vec::new();
    for row in rows {
        let mut values = Vec::new();
        for column in &table.columns {
            let index = names
                .iter()
                .position(|it| it.eq_ignore_ascii_case(&column.name));
            values.push(match index.and_then(|index| row.get(index)) {
                Some(Given::Value(value)) => store(column, value)?,
                Some(Given::Default) | None => default(column)?,
            });
        }
        sql.push(format!("({})", values.join(", ")));
    }
    let ids_of = ids_of(table);
    let sql = sql.join(", ");
    Ok(Write {
        sql: format!(
            "INSERT INTO {} ({}) VALUES {sql}",
            quote::name(&table.name),
            column_names(table)
        ),
        count_matched: None,
        ids_of,
        rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
    })
}

pub(super) fn column_names(table: &Table) -> String {
    quote::names(table.columns.iter().map(|it| &it.name))
}

pub(super) fn ids_of(table: &Table) -> Option<(String, String)> {
    table.id().map(|id| (table.name.clone(), id.name.clone()))
}

/// Writes the conversion of a value to the column's type.
pub(super) fn store(column: &Column, value: &Expression) -> Result<String> {
    let kind = column.kind();
    let sql = match (&kind, &value.kind) {
        (_, Kind::Null | Kind::Parameter) => value.sql.clone(),
        (Kind::Text(_) | Kind::Opaque(_), Kind::Decimal(scale)) => {
            format!("\"rds_decimal_text\"({}, {scale})", value.sql)
        }
        (Kind::Text(_), Kind::Double | Kind::Opaque(_) | Kind::Time(_) | Kind::Bytes)
        | (Kind::Bytes, Kind::Double | Kind::Decimal(_) | Kind::Opaque(_) | Kind::Time(_)) => {
            let what = value.kind.describe();
            return refused(format!("storing {what} in the column '{}'", column.name));
        }
        (Kind::DateTime(_), Kind::Date) => format!("({} || ' 00:00:00')", value.sql),
        _ => value.sql.clone(),
    };
    let can_be_null = column.is_nullable || column.has_ids;
    let stored = format!(
        "\"rds_store\"({sql}, {}, {}, {})",
        quote::text(&column.declared),
        quote::text(&column.name),
        u8::from(can_be_null)
    );
    Ok(match column.has_ids {
        true => format!("\"rds_id\"({stored})"),
        false => stored,
    })
}

pub(super) fn default(column: &Column) -> Result<String> {
    if column.has_ids {
        return Ok("\"rds_id\"(NULL)".to_owned());
    }
    match &column.default {
        DefaultValue::Now => Ok(now(column)),
        DefaultValue::Literal(text) => {
            let literal = match column.kind() {
                Kind::Integer | Kind::Unsigned | Kind::Decimal(_) | Kind::Double => text.clone(),
                _ => quote::text(text),
            };
            store(column, &Expression::new(literal, Kind::Parameter))
        }
        DefaultValue::None if column.is_nullable => Ok("NULL".to_owned()),
        DefaultValue::None => Err(ServerError::no_default(&column.name)),
    }
}

pub(super) fn now(column: &Column) -> String {
    let digits = match column.kind() {
        Kind::DateTime(digits) => digits,
        _ => 0,
    };
    quote::text(&temporal::now(digits))
}
