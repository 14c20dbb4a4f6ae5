//! What a server sent that the protocol does not allow.

use thiserror::Error;

use rds_bridge_wire::InvalidField;

/// A packet that cannot be what the server claims it is. The connection is of no more use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A field is cut short, or has an impossible value.
    #[error("cannot read the field {field} of {packet}")]
    Field {
        /// The packet, by its name in the protocol documentation.
        packet: &'static str,
        /// The field, by its name there.
        field: &'static str,
    },
    /// A packet out of turn.
    #[error("packet number {received} came where {expected} was next")]
    SequenceId {
        /// The number that was next.
        expected: u8,
        /// The number that came.
        received: u8,
    },
    /// Bytes behind the end of a reply.
    #[error("bytes came that nobody had asked for")]
    Unasked,
    /// A packet that is larger than any that a server sends of its kind, or all column definitions of a result
    /// together. Rows have a limit of their own: `ErrorKind::RowTooLarge`.
    #[error("a packet of more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A reply of results without end: so many of them had no rows.
    #[error("more than {limit} results without rows in one reply")]
    TooManyResults {
        /// The limit.
        limit: u32,
    },
    /// A column type that no documented server has.
    #[error("column {column} is of the unknown type {kind}")]
    UnknownColumnType {
        /// The column's name.
        column: String,
        /// `type` of the column definition.
        kind: u8,
    },
    /// A row that does not hold one value for each column.
    #[error("row {row}, column {column}: the value has no length, or is cut short")]
    Value {
        /// Counted from 1.
        row: u64,
        /// Counted from 1.
        column: usize,
    },
    /// Bytes behind the last value of a row.
    #[error("row {row} has {bytes} bytes more than its columns take")]
    TrailingBytes {
        /// Counted from 1.
        row: u64,
        /// How many.
        bytes: usize,
    },
}

impl From<InvalidField<&'static str>> for Malformed {
    fn from(InvalidField { packet, field }: InvalidField<&'static str>) -> Self {
        Self::Field { packet, field }
    }
}
