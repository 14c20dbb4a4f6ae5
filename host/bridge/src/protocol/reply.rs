//! The state machine of a reply: which packet comes next, and what it means.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response.html>

use super::binary_row;
use super::column::Column;
use super::err_packet;
use super::ok_packet::{self, Summary};
use super::packet_limits::{CONTROL_PACKET_LIMIT, DEFINITIONS_LIMIT, EMPTY_RESULTS_LIMIT};
use super::packet_stream::Expected;
use super::prepared::{Statement, read_prepare_ok};
use super::result_set::ResultSet;
use super::row::Encoding;
use super::text_row;
use crate::component::ServerError;
use crate::protocol::malformed::Malformed;
use rds_bridge_wire::Payload;

/// The header of a `LOCAL INFILE Request`, `int<1>`.
const LOCAL_INFILE: u8 = 0xFB;
/// An `EOF_Packet` is shorter than this. A packet that begins with 0xFE and is not shorter is a row.
const EOF_LENGTH_LIMIT: usize = 9;
/// With `CLIENT_DEPRECATE_EOF`, an `OK_Packet` that ends rows is shorter than this.
const OK_LENGTH_LIMIT: usize = 0xFF_FFFF;

/// A reply that is being read.
#[derive(Debug)]
pub(crate) struct Reply {
    expect: Expect,
    deprecate_eof: bool,
    /// `COM_STMT_EXECUTE` was sent in the same flight as `COM_STMT_PREPARE`.
    is_executed: bool,
    /// The error with which the server refused to prepare the statement. The reply to the execution is then discarded:
    /// it is usually an error too, but if MariaDB had no room for the statement, it is the result of the query prepared
    /// before.
    refusal: Option<Box<ServerError>>,
    pub(crate) result: ResultSet,
    /// The column definitions of the result, as far as they have been read.
    definitions: Vec<Column>,
    /// The length of these definitions, in bytes.
    definitions_bytes: usize,
    /// How many results of this reply had no rows.
    empty_results: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Expect {
    /// `COM_STMT_PREPARE_OK`
    Prepared,
    /// This many more packets with definitions of parameters and columns.
    Definitions(Statement, usize),
    /// The reply to the execution of a statement that could not be prepared.
    FailedExecution,
    /// An `OK_Packet`, a `LOCAL INFILE Request`, or the number of columns in a result.
    Header,
    /// This many more column definitions.
    ColumnDefinitions(u64),
    /// The `EOF_Packet` after them, without `CLIENT_DEPRECATE_EOF`.
    EndOfColumns,
    Rows,
    /// The reply to the empty file that was sent.
    RefusalOfFile,
}

/// The meaning of a packet in a reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing is known before the next packet.
    Pending,
    /// The statement is prepared.
    Prepared(Statement),
    /// The statement is not prepared. The reply to its execution follows.
    NotPrepared,
    /// The end of a statement without a result.
    Done(Summary),
    /// All columns are known. Rows follow.
    Columns,
    /// A row.
    Row,
    /// The end of a result's rows.
    EndOfRows(Summary),
    /// The server requests a file. The caller sends an empty packet.
    LocalInfile,
    /// The server's reply to the empty file.
    FileRefused(Summary),
    /// The server's error, which ends the reply.
    Error(ServerError),
}

impl Reply {
    pub(crate) fn new(encoding: Encoding, deprecate_eof: bool) -> Self {
        Self {
            expect: Expect::Header,
            deprecate_eof,
            is_executed: false,
            refusal: None,
            result: ResultSet::new(encoding),
            definitions: Vec::new(),
            definitions_bytes: 0,
            empty_results: 0,
        }
    }

    /// The reply to `COM_STMT_PREPARE`. `is_executed`: `COM_STMT_EXECUTE` was sent in the same flight.
    pub(crate) fn prepare(is_executed: bool, deprecate_eof: bool) -> Self {
        Self {
            expect: Expect::Prepared,
            is_executed,
            ..Self::new(Encoding::Binary, deprecate_eof)
        }
    }

    /// The reply to `COM_SET_OPTION`: the packet that also ends rows.
    pub(crate) fn end_alone(deprecate_eof: bool) -> Self {
        Self {
            expect: Expect::Rows,
            ..Self::new(Encoding::Text, deprecate_eof)
        }
    }

    /// The error with which the server refused to prepare the statement, if it did. The caller discards the rest of the
    /// reply.
    pub(crate) fn refusal(&self) -> Option<&ServerError> {
        self.refusal.as_deref()
    }

    /// Whether the reply to an execution follows the reply to the preparation.
    pub(crate) fn is_executed(&self) -> bool {
        self.is_executed
    }

    /// Whether the columns of a result are known and rows are being read.
    #[inline]
    pub(crate) fn has_rows(&self) -> bool {
        self.expect == Expect::Rows
    }

    /// The kind of the next packet.
    pub(crate) fn expected(&self) -> Expected {
        if self.has_rows() {
            Expected::Row
        } else {
            Expected::Control
        }
    }

    /// Begins the next of several results.
    pub(crate) fn next_result(&mut self) {
        self.expect = Expect::Header;
        self.definitions.clear();
        self.result.rows = 0;
        self.definitions_bytes = 0;
    }

    pub(crate) fn receive(&mut self, payload: &[u8]) -> Result<Event, Malformed> {
        let first = payload.first().copied();
        if first == Some(err_packet::HEADER) {
            return self.error(err_packet::read(payload)?);
        }
        match self.expect {
            Expect::Prepared => {
                let statement = read_prepare_ok(payload)?;
                let packets = statement.definitions(self.deprecate_eof);
                Ok(self.definitions(statement, packets))
            }
            Expect::Definitions(statement, left) => {
                self.count_definition(payload)?;
                Ok(self.definitions(statement, left.saturating_sub(1)))
            }
            Expect::Header | Expect::FailedExecution => self.header(first, payload),
            Expect::ColumnDefinitions(left) => {
                self.count_definition(payload)?;
                self.definitions.push(Column::read(payload)?);
                Ok(match left.saturating_sub(1) {
                    0 if self.deprecate_eof => self.columns_are_known(),
                    0 => {
                        self.expect = Expect::EndOfColumns;
                        Event::Pending
                    }
                    left => {
                        self.expect = Expect::ColumnDefinitions(left);
                        Event::Pending
                    }
                })
            }
            Expect::EndOfColumns => {
                if first != Some(ok_packet::EOF_HEADER) {
                    return Err(Payload::new("EOF_Packet", payload).invalid("header").into());
                }
                Ok(self.columns_are_known())
            }
            Expect::Rows => self.row(first, payload),
            Expect::RefusalOfFile => {
                if first != Some(ok_packet::HEADER) {
                    return Err(Payload::new("OK_Packet", payload).invalid("header").into());
                }
                self.end_of_result(Summary::read_ok(payload)?)
                    .map(Event::FileRefused)
            }
        }
    }

    fn count_definition(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        self.definitions_bytes = self.definitions_bytes.saturating_add(payload.len());
        if self.definitions_bytes > DEFINITIONS_LIMIT {
            let limit = DEFINITIONS_LIMIT;
            return Err(Malformed::TooLarge { limit });
        }
        Ok(())
    }

    /// Counts results without rows. Nothing else limits a reply that consists of empty results.
    fn end_of_result(&mut self, summary: Summary) -> Result<Summary, Malformed> {
        if self.result.rows == 0 && summary.more_results() {
            self.empty_results = self.empty_results.saturating_add(1);
            if self.empty_results > EMPTY_RESULTS_LIMIT {
                let limit = EMPTY_RESULTS_LIMIT;
                return Err(Malformed::TooManyResults { limit });
            }
        }
        Ok(summary)
    }

    fn error(&mut self, error: ServerError) -> Result<Event, Malformed> {
        Ok(match &self.expect {
            Expect::RefusalOfFile => Event::FileRefused(Summary::default()),
            Expect::Prepared if self.is_executed => {
                self.refusal = Some(Box::new(error));
                self.expect = Expect::FailedExecution;
                Event::NotPrepared
            }
            Expect::Definitions(..) => {
                let packet = "COM_STMT_PREPARE_OK";
                let field = "definitions";
                return Err(Malformed::Field { packet, field });
            }
            _ => Event::Error(self.refusal.take().map_or(error, |first| *first)),
        })
    }

    fn definitions(&mut self, statement: Statement, left: usize) -> Event {
        if left > 0 {
            self.expect = Expect::Definitions(statement, left);
            return Event::Pending;
        }
        self.expect = Expect::Header;
        self.definitions_bytes = 0;
        Event::Prepared(statement)
    }

    fn header(&mut self, first: Option<u8>, payload: &[u8]) -> Result<Event, Malformed> {
        match first {
            Some(ok_packet::HEADER) => self
                .end_of_result(Summary::read_ok(payload)?)
                .map(Event::Done),
            Some(LOCAL_INFILE) => {
                self.expect = Expect::RefusalOfFile;
                Ok(Event::LocalInfile)
            }
            _ => {
                let mut payload = Payload::new("Text Resultset", payload);
                let columns = payload.lenenc_int("column_count")?;
                // The manual's limit is 4,096. `COM_STMT_PREPARE_OK` has 16 bits for the number of columns.
                if columns == 0 || columns > u64::from(u16::MAX) || !payload.rest().is_empty() {
                    return Err(payload.invalid("column_count").into());
                }
                self.expect = Expect::ColumnDefinitions(columns);
                Ok(Event::Pending)
            }
        }
    }

    fn columns_are_known(&mut self) -> Event {
        self.result.begin(&mut self.definitions);
        self.expect = Expect::Rows;
        Event::Columns
    }

    /// Whether a packet with this first byte is a row, now that rows are being read.
    #[inline]
    pub(crate) fn is_row(&self, first: u8) -> bool {
        self.has_rows()
            && self.refusal.is_none()
            && first != ok_packet::EOF_HEADER
            && first != err_packet::HEADER
    }

    /// Counts a row that [`Self::is_row`] has recognised, in place of [`Self::receive`].
    #[inline]
    pub(crate) fn count_row(&mut self) {
        self.result.rows = self.result.rows.saturating_add(1);
    }

    /// Finds the positions of the values in the current row.
    #[inline]
    pub(crate) fn split(&mut self, payload: &[u8]) -> Result<(), Malformed> {
        let ResultSet {
            encoding,
            columns,
            fields,
            ..
        } = &mut self.result;
        let split = match encoding {
            Encoding::Text => text_row::split(payload, fields),
            Encoding::Binary => binary_row::split(payload, columns, fields),
        };
        match split {
            Ok(end) if end == payload.len() => Ok(()),
            other => Err(self.describe_bad_row(payload, other)),
        }
    }

    #[cold]
    fn describe_bad_row(&self, payload: &[u8], split: Result<usize, usize>) -> Malformed {
        let row = self.result.rows;
        match split {
            Ok(end) => Malformed::TrailingBytes {
                row,
                bytes: payload.len().saturating_sub(end),
            },
            Err(column) => Malformed::Value {
                row,
                column: column.saturating_add(1),
            },
        }
    }

    fn row(&mut self, first: Option<u8>, payload: &[u8]) -> Result<Event, Malformed> {
        if first == Some(ok_packet::EOF_HEADER) {
            if self.deprecate_eof && payload.len() < OK_LENGTH_LIMIT {
                if payload.len() > CONTROL_PACKET_LIMIT {
                    let limit = CONTROL_PACKET_LIMIT;
                    return Err(Malformed::TooLarge { limit });
                }
                let summary = Summary::read_ok(payload)?;
                return self.end_of_result(summary).map(Event::EndOfRows);
            }
            if !self.deprecate_eof && payload.len() < EOF_LENGTH_LIMIT {
                let summary = Summary::read_eof(payload)?;
                return self.end_of_result(summary).map(Event::EndOfRows);
            }
        }
        self.count_row();
        Ok(Event::Row)
    }
}

#[cfg(test)]
mod tests;
