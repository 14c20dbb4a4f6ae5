//! Why rows cannot be written in a format.

#[cfg(feature = "arrow")]
use super::arrow;
use rds_bridge::mysql::ValueError;

/// Why rows cannot be written in a format.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of the bytes that the server sent.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The program was built without the feature that the format needs.
    #[error("this program was built without the feature {feature}")]
    NotBuiltIn {
        /// The feature of this crate.
        feature: &'static str,
    },
    /// Rows that do not become columns.
    #[cfg(feature = "arrow")]
    #[error(transparent)]
    Columnar(arrow::Error),
}

#[cfg(feature = "arrow")]
impl From<arrow::Error> for Error {
    fn from(error: arrow::Error) -> Self {
        match error {
            // As of a row of any format.
            arrow::Error::Value(error) => Self::Value(error),
            error => Self::Columnar(error),
        }
    }
}
