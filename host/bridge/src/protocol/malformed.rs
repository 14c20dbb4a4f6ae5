//! Errors for bytes of a server that the protocol does not allow.

use thiserror::Error;

use rds_bridge_wire::InvalidField;

/// The server sent bytes that the protocol does not allow, or more than the limits allow. The connection is unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A field is truncated or has an invalid value.
    #[error("cannot read the field {field} of {packet}")]
    Field {
        /// The packet, by its name in the protocol documentation.
        packet: &'static str,
        /// The field, by its name in the protocol documentation.
        field: &'static str,
    },
    /// A packet's sequence id is not the next one.
    #[error("packet number {received} arrived instead of {expected}")]
    SequenceId {
        /// The next sequence id.
        expected: u8,
        /// The sequence id in the packet's header.
        received: u8,
    },
    /// Bytes after the end of a reply.
    #[error("unexpected bytes after the end of a reply")]
    Unasked,
    /// A packet is larger than a server sends of its kind, or the column definitions of a result together are. Rows
    /// have their own limit: `ErrorKind::RowTooLarge`.
    #[error("it sent a packet of more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// One reply has more results without rows than the limit allows. It may be endless.
    #[error("it sent more than {limit} results without rows in one reply")]
    TooManyResults {
        /// The greatest number of results without rows.
        limit: u32,
    },
    /// A column has a type that the protocol documentation does not list.
    #[error("column {column} has the unknown type {kind}")]
    UnknownColumnType {
        /// The column's name.
        column: String,
        /// The field `type` of the column definition.
        kind: u8,
    },
    /// A row does not contain one value for each column.
    #[error("the value in row {row}, column {column} is truncated or has no length")]
    Value {
        /// The row's number, from 1.
        row: u64,
        /// The column's number, from 1.
        column: usize,
    },
    /// A row has bytes after its last value.
    #[error("row {row} has {bytes} bytes after its last column")]
    TrailingBytes {
        /// The row's number, from 1.
        row: u64,
        /// The number of these bytes.
        bytes: usize,
    },
}

impl From<InvalidField<&'static str>> for Malformed {
    fn from(InvalidField { packet, field }: InvalidField<&'static str>) -> Self {
        Self::Field { packet, field }
    }
}
