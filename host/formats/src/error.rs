//! Errors of writing rows.

#[cfg(feature = "arrow")]
use super::arrow;
use rds_bridge::mysql::ValueError;

/// An error of writing rows in a format.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server's bytes are not a value of the column's type.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The program was built without the feature that the format needs.
    #[error("this program was built without the feature {feature}")]
    NotBuiltIn {
        /// The feature of this crate.
        feature: &'static str,
    },
    /// The rows cannot be converted to columns, or the columns cannot be written.
    #[cfg(feature = "arrow")]
    #[error(transparent)]
    Columnar(arrow::Error),
}

#[cfg(feature = "arrow")]
impl From<arrow::Error> for Error {
    fn from(error: arrow::Error) -> Self {
        match error {
            // The same variant as for the text formats.
            arrow::Error::Value(error) => Self::Value(error),
            error => Self::Columnar(error),
        }
    }
}
