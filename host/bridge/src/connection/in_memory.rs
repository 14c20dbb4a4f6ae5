//! A server's reply in memory, read by a [`Connection`], for the fuzz target and the property tests.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use mysql_common::constants::CapabilityFlags;
use tokio::io::{AsyncRead, ReadBuf, join, sink};

use super::{Connection, Rows, Transport};
use crate::component::{AuthPlugin, ServerError, Session};
use crate::error::{Error, ErrorKind};
use crate::protocol::column::Column;
use crate::protocol::from_value::FromValue;
use crate::protocol::row::Row;
use crate::protocol::temporal::{Date, DateTime, Time};
use crate::protocol::text_or_binary::Protocol;

/// `COM_STMT_PREPARE_OK` of a statement without parameters and columns, as a packet.
const PREPARED: &[u8] = &[12, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A server's reply to a command.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The packets, with their headers. The sequence id of the first is 1.
    pub bytes: &'a [u8],
    /// The command to which this is the reply.
    pub command: Command,
    /// Whether `CLIENT_DEPRECATE_EOF` is negotiated.
    pub deprecate_eof: bool,
    /// The most bytes that one read returns.
    pub piece: usize,
}

/// A command that a connection sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `COM_QUERY`
    Query,
    /// `COM_STMT_EXECUTE` of a statement whose `COM_STMT_PREPARE_OK` had no columns.
    Execute,
    /// `COM_STMT_PREPARE` and `COM_STMT_EXECUTE` in one flight, as MariaDB accepts them.
    PrepareAndExecute,
}

/// A part of a reply.
#[derive(Debug)]
pub enum Part<'a> {
    /// The columns of a result, which begins here.
    Columns(&'a [Column]),
    /// A row.
    Row(Row<'a>),
    /// The end of a result's rows.
    EndOfRows,
    /// The end of a statement without a result.
    Done,
    /// The server requested a file, and received an empty one. The rest of the reply is discarded.
    FileRefused,
    /// The server's error. The rest is not read.
    Error(ServerError),
}

impl<'a> Answer<'a> {
    /// A reply of a fuzzer's bytes. Three bits of `choice` select the command and `CLIENT_DEPRECATE_EOF`.
    #[must_use]
    pub fn chosen(choice: u8, bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            command: match (choice & 4 != 0, choice & 1 != 0) {
                (true, _) => Command::PrepareAndExecute,
                (false, true) => Command::Execute,
                (false, false) => Command::Query,
            },
            deprecate_eof: choice & 2 == 0,
            piece: usize::MAX,
        }
    }

    /// The same reply, received in pieces of at most `piece` bytes.
    #[must_use]
    pub fn in_pieces_of(self, piece: usize) -> Self {
        Self { piece, ..self }
    }

    /// Reads the reply to its end, and passes each part to `see`.
    ///
    /// # Errors
    ///
    /// As [`Connection::query`] and [`Rows::next`], except for the errors that are a [`Part`].
    pub fn read(self, see: impl FnMut(Part<'_>)) -> Result<(), Error> {
        let reading = pin!(self.read_from_stream(see));
        match reading.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            // Not reached: the stream is never pending.
            Poll::Pending => Err(Error::new(
                crate::Stage::Rows,
                ErrorKind::Io(io::ErrorKind::WouldBlock.into()),
            )),
        }
    }

    async fn read_from_stream(self, mut see: impl FnMut(Part<'_>)) -> Result<(), Error> {
        let before = match self.command {
            Command::Execute => PREPARED,
            Command::Query | Command::PrepareAndExecute => &[],
        };
        let pieces = InPieces {
            before,
            rest: self.bytes,
            piece: self.piece,
        };
        let mut connection = Connection::over(join(pieces, sink()), self.session());
        connection.set_protocol(match self.command {
            Command::Query => Protocol::Text,
            Command::Execute | Command::PrepareAndExecute => Protocol::Binary,
        });
        let read = match connection.query("SELECT 1").await {
            Ok(rows) => read_results(rows, &mut see).await,
            Err(error) => Err(error),
        };
        let Err(error) = read else {
            return Ok(());
        };
        match error.kind() {
            ErrorKind::Server(refusal) => {
                see(Part::Error(refusal.clone()));
                Ok(())
            }
            ErrorKind::LocalInfile => {
                see(Part::FileRefused);
                connection.drain_reply().await
            }
            _ => Err(error),
        }
    }

    fn session(&self) -> Session {
        let version = match self.command {
            Command::PrepareAndExecute => "11.8.2-MariaDB",
            Command::Query | Command::Execute => "9.7.0",
        };
        let mut capabilities = CapabilityFlags::CLIENT_PROTOCOL_41;
        capabilities.set(CapabilityFlags::CLIENT_DEPRECATE_EOF, self.deprecate_eof);
        Session {
            server_version: version.to_owned(),
            connection_id: 1,
            capabilities: capabilities.bits(),
            mariadb_capabilities: 0,
            character_set: 45,
            status_flags: 2,
            warnings: 0,
            ok_packet: Vec::new(),
            auth_plugin: AuthPlugin::MysqlClearPassword,
        }
    }
}

async fn read_results<S: Transport>(
    mut rows: Rows<'_, S>,
    see: &mut impl FnMut(Part<'_>),
) -> Result<(), Error> {
    loop {
        if rows.summary().is_some() {
            see(Part::Done);
        } else {
            see(Part::Columns(rows.columns()));
            while let Some(row) = rows.next().await? {
                see(Part::Row(row));
            }
            see(Part::EndOfRows);
        }
        if !rows.next_result().await? {
            return Ok(());
        }
    }
}

/// Whether the fast paths to Rust's types ([`crate::mysql::Encoded`]) return the same as the slow path through
/// [`crate::mysql::Value`]: the same value, or both an error.
#[must_use]
pub fn ways_agree(row: &Row<'_>, column: usize) -> bool {
    let doubles = (
        both_ways::<Option<f64>>(row, column),
        both_ways::<f32>(row, column),
    );
    let (double, float) = doubles;
    let bits = |double: Option<Option<f64>>| double.map(|it| it.map(f64::to_bits));
    bits(double.0) == bits(double.1)
        && float.0.map(f32::to_bits) == float.1.map(f32::to_bits)
        && agree::<i8>(row, column)
        && agree::<Option<i64>>(row, column)
        && agree::<u8>(row, column)
        && agree::<Option<u64>>(row, column)
        && agree::<i128>(row, column)
        && agree::<bool>(row, column)
        && agree::<Option<&str>>(row, column)
        && agree::<&[u8]>(row, column)
        && agree::<Option<Vec<u8>>>(row, column)
        && bits_of_vectors_agree(row, column)
        && agree::<Option<Date>>(row, column)
        && agree::<Option<DateTime>>(row, column)
        && agree::<Option<Time>>(row, column)
}

fn bits_of_vectors_agree(row: &Row<'_>, column: usize) -> bool {
    let (short, long) = both_ways::<Vec<f32>>(row, column);
    let bits = |it: Option<Vec<f32>>| it.map(|it| it.into_iter().map(f32::to_bits).collect());
    let (short, long): (Option<Vec<u32>>, Option<Vec<u32>>) = (bits(short), bits(long));
    short == long
}

fn agree<'a, T: FromValue<'a> + PartialEq>(row: &Row<'a>, column: usize) -> bool {
    let (short, long) = both_ways::<T>(row, column);
    short == long
}

fn both_ways<'a, T: FromValue<'a>>(row: &Row<'a>, column: usize) -> (Option<T>, Option<T>) {
    let long = row.value(column).ok();
    (
        row.get(column).ok(),
        long.and_then(|value| T::from_value(value).ok()),
    )
}

/// A stream that returns a few bytes at a time.
struct InPieces<'a> {
    before: &'a [u8],
    rest: &'a [u8],
    piece: usize,
}

impl AsyncRead for InPieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let from = match this.before.is_empty() {
            true => &mut this.rest,
            false => &mut this.before,
        };
        let length = this.piece.min(buffer.remaining()).min(from.len());
        let (piece, rest) = from.split_at_checked(length).unwrap_or_default();
        buffer.put_slice(piece);
        *from = rest;
        Poll::Ready(Ok(()))
    }
}
