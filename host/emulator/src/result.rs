//! The reply to a statement that SQLite executes: a result set, or the number of changed rows.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use mysql_common::constants::StatusFlags;
use mysql_common::io::BufMutExt;
use rusqlite::types::ValueRef;
use rusqlite::{Row, Rows};

use super::column::{Column, Declared};
use super::packets::end_of_rows;
use super::server_error::ServerError;
use super::value::{write_binary, write_text};
use super::wire::PacketStream;

/// The protocol in which rows are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Text,
    Binary,
}

/// Why a reply is incomplete.
pub(super) enum Failure {
    /// The statement failed, and the client must receive this error.
    Refused(ServerError),
    /// The connection failed, and the client cannot receive an error.
    Lost(io::Error),
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Refused(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// How replies to this client are encoded.
pub(super) struct Format<'a> {
    pub(super) database: &'a str,
    pub(super) encoding: Encoding,
    pub(super) deprecate_eof: bool,
}

/// Writes the column definitions and the rows, as SQLite produces them. The caller writes the packet that ends the
/// rows.
pub(super) fn write_rows<S: Read + Write>(
    stream: &mut PacketStream<S>,
    rows: &mut Rows<'_>,
    declared: &[Declared],
    format: &Format<'_>,
    status: StatusFlags,
    is_unknown: &AtomicBool,
) -> Result<(), Failure> {
    let refused = |error| Failure::Refused(ServerError::of_sqlite(&error, format.database));
    let check = || match is_unknown.load(Ordering::SeqCst) {
        true => Err(Failure::Refused(ServerError::unknown_comparison())),
        false => Ok(()),
    };
    // An expression without a declared type has the type of the first row's value.
    let mut row = rows.next().map_err(refused)?;
    check()?;
    let columns: Vec<Column> = declared
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let first = row.and_then(|row| row.get_ref(index).ok());
            column.column(first)
        })
        .collect();
    write_columns(stream, &columns, format, status)?;
    let mut payload = Vec::new();
    while let Some(values) = row {
        payload.clear();
        write_row(&mut payload, values, &columns, format.encoding)?;
        stream.write(&payload)?;
        row = rows.next().map_err(refused)?;
        check()?;
    }
    Ok(())
}

fn write_columns<S: Read + Write>(
    stream: &mut PacketStream<S>,
    columns: &[Column],
    format: &Format<'_>,
    status: StatusFlags,
) -> io::Result<()> {
    let mut count = Vec::new();
    count.put_lenenc_int(u64::try_from(columns.len()).unwrap_or(u64::MAX));
    stream.write(&count)?;
    write_definitions(stream, columns, format, status)
}

/// Writes column definitions and, unless the client deprecates it, the `EOF_Packet` after them.
pub(super) fn write_definitions<S: Read + Write>(
    stream: &mut PacketStream<S>,
    columns: &[Column],
    format: &Format<'_>,
    status: StatusFlags,
) -> io::Result<()> {
    for column in columns {
        stream.write(&column.definition(format.database))?;
    }
    match format.deprecate_eof {
        true => Ok(()),
        false => stream.write(&end_of_rows(false, status)),
    }
}

fn write_row(
    payload: &mut Vec<u8>,
    values: &Row<'_>,
    columns: &[Column],
    encoding: Encoding,
) -> Result<(), Failure> {
    if encoding == Encoding::Binary {
        payload.push(0);
        // The first two bits of a result row's bitmap are reserved.
        let bits = columns.len().saturating_add(2);
        payload.resize(bits.div_ceil(8).saturating_add(1), 0);
    }
    for (index, column) in columns.iter().enumerate() {
        let wrong = || Failure::Refused(ServerError::wrong_value(&column.name));
        let value = values.get_ref(index).map_err(|_| wrong())?;
        match encoding {
            Encoding::Text => write_text(payload, value, column).ok_or_else(wrong)?,
            Encoding::Binary if value == ValueRef::Null => {
                let bit = index.saturating_add(2);
                let at = bit.checked_div(8).unwrap_or(0).saturating_add(1);
                if let Some(byte) = payload.get_mut(at) {
                    *byte |= 1 << bit.checked_rem(8).unwrap_or(0);
                }
            }
            Encoding::Binary => write_binary(payload, value, column).ok_or_else(wrong)?,
        }
    }
    Ok(())
}

/// Writes the packet that ends the rows.
pub(super) fn end<S: Read + Write>(
    stream: &mut PacketStream<S>,
    format: &Format<'_>,
    status: StatusFlags,
) -> io::Result<()> {
    stream.write(&end_of_rows(format.deprecate_eof, status))
}
