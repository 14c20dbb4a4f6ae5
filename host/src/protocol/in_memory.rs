//! An answer that lies in memory, read by what reads it from a connection. The fuzz target and the property
//! tests have no server.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, ReadBuf, join, sink};

use super::column::Column;
use super::command::COM_QUERY;
use super::from_value::FromValue;
use super::packet_stream::{PacketStream, ReadError};
use super::reply::{Event, Reply};
use super::row::{Encoding, Row};
use super::temporal::{Date, DateTime, Time};
use crate::guest::ServerError;

/// A server's answer to a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer<'a> {
    /// Packets, headers and all; the first is number 1.
    pub(crate) bytes: &'a [u8],
    pub(crate) encoding: Encoding,
    /// The statement is prepared and executed in one flight.
    pub(crate) is_prepared: bool,
    /// `CLIENT_DEPRECATE_EOF`
    pub(crate) deprecate_eof: bool,
    /// So much comes with one read, at most.
    pub(crate) piece: usize,
}

/// What is found in an answer.
pub(crate) enum Part<'a> {
    /// A result begins.
    Columns(&'a [Column]),
    Row(Row<'a>),
    EndOfRows,
    /// A statement without a result.
    Done,
    /// The server asked for a file, and got an empty one.
    FileRefused,
    /// The server's refusal: there is no more.
    Error(ServerError),
}

impl<'a> Answer<'a> {
    /// Of bytes that a fuzzer makes up: three bits of `choice` say what has been agreed upon and asked.
    pub(crate) fn chosen(choice: u8, bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            encoding: match choice & 1 {
                0 => Encoding::Text,
                _ => Encoding::Binary,
            },
            is_prepared: choice & 4 != 0,
            deprecate_eof: choice & 2 == 0,
            piece: usize::MAX,
        }
    }

    pub(crate) fn in_pieces_of(self, piece: usize) -> Self {
        Self { piece, ..self }
    }

    /// Reads it to its end.
    pub(crate) fn read(self, see: impl FnMut(Part<'_>)) -> Result<(), ReadError> {
        let reading = pin!(self.read_from_stream(see));
        match reading.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            // Nothing here waits.
            Poll::Pending => Err(io::Error::from(io::ErrorKind::WouldBlock).into()),
        }
    }

    async fn read_from_stream(self, mut see: impl FnMut(Part<'_>)) -> Result<(), ReadError> {
        let pieces = InPieces {
            rest: self.bytes,
            piece: self.piece,
        };
        let mut stream = PacketStream::new(join(pieces, sink()));
        stream.write_command(&[&[COM_QUERY]]).await?;
        let mut reply = match self.is_prepared {
            true => Reply::prepare(true, self.deprecate_eof),
            false => Reply::new(self.encoding, self.deprecate_eof),
        };
        loop {
            let at_hand = stream.take_if(|first| reply.is_row(first));
            let (event, range) = match at_hand {
                Some(range) => {
                    reply.count_row();
                    (Event::Row, range)
                }
                None => {
                    let range = stream.read(reply.expected()).await?;
                    (reply.receive(stream.payload(range.clone()))?, range)
                }
            };
            let last = match event {
                Event::Pending => continue,
                Event::Prepared(_) | Event::NotPrepared => {
                    stream.begin_next_reply();
                    continue;
                }
                Event::Columns => {
                    see(Part::Columns(&reply.columns));
                    continue;
                }
                Event::Row => {
                    let payload = stream.payload(range);
                    reply.split(payload)?;
                    let reply = &reply;
                    see(Part::Row(Row { reply, payload }));
                    continue;
                }
                Event::LocalInfile => {
                    stream.write(&[]).await?;
                    continue;
                }
                Event::Done(summary) => {
                    see(Part::Done);
                    summary
                }
                Event::EndOfRows(summary) => {
                    see(Part::EndOfRows);
                    summary
                }
                Event::FileRefused(summary) => {
                    see(Part::FileRefused);
                    summary
                }
                Event::Error(error) => {
                    see(Part::Error(error));
                    return Ok(());
                }
            };
            if !last.more_results() {
                return Ok(());
            }
            reply.next_result();
        }
    }
}

/// Whether the short ways to Rust's types ([`super::Encoded`]) give what the long one by [`super::Value`]
/// gives. Both or none: where the short way has no answer, the long one is asked.
pub(crate) fn ways_agree(row: &Row<'_>, column: usize) -> bool {
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

/// Bytes that come a few at a time.
struct InPieces<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl AsyncRead for InPieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.piece.min(buffer.remaining()).min(self.rest.len());
        let (piece, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        buffer.put_slice(piece);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}
