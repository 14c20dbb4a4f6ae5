//! Spin's types for columns and rows.

use rds_bridge::mysql;

use super::bindings::fermyon::spin::rdbms_types::{Column, Row};
use super::values;
use crate::bindings::rds::mysql::types::Error as GuestError;
use crate::shape::Shape;
use crate::values::check_names;

/// The types of Spin's interfaces.
#[derive(Debug)]
pub(crate) struct Spin;

impl Shape for Spin {
    type Columns = Vec<Column>;
    type Row = Row;

    fn columns(columns: &[mysql::Column]) -> Result<Self::Columns, GuestError> {
        check_names(columns)?;
        Ok(values::columns(columns))
    }

    fn row(row: &mysql::Row<'_>, columns: &Self::Columns) -> Result<Self::Row, GuestError> {
        values::row(row, columns)
    }
}
