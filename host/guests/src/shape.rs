//! The form in which a guest gets the rows of a result.

use rds_bridge::mysql;

use crate::bindings::rds::mysql::types;
use crate::bindings::rds::mysql::types::Error as GuestError;
use crate::values;

/// The types of an interface for columns and rows.
pub(crate) trait Shape: Send + Sync + 'static {
    type Columns: Send + Sync + 'static;
    type Row: Send + Sync + 'static;

    /// The columns of a result, which the host keeps as long as the guest has its rows.
    ///
    /// # Errors
    ///
    /// `not-permitted`: the names of the columns take more memory than the host keeps for a result.
    fn columns(columns: &[mysql::Column]) -> Result<Self::Columns, GuestError>;

    /// The values of a row.
    ///
    /// # Errors
    ///
    /// `value`: the server's bytes do not match the column's type.
    fn row(row: &mysql::Row<'_>, columns: &Self::Columns) -> Result<Self::Row, GuestError>;
}

/// The types of `rds:mysql`.
#[derive(Debug)]
pub(crate) struct Contract;

impl Shape for Contract {
    type Columns = Vec<types::Column>;
    type Row = types::Row;

    fn columns(columns: &[mysql::Column]) -> Result<Self::Columns, GuestError> {
        values::columns(columns)
    }

    fn row(row: &mysql::Row<'_>, _columns: &Self::Columns) -> Result<Self::Row, GuestError> {
        values::row(row)
    }
}
