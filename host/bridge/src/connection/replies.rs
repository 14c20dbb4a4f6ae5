//! Reading replies: the loop from packets to the events of a reply, the same for every command.

use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio::task::consume_budget;

use super::commands::Outgoing;
use super::result_lengths::Length;
use super::{Connection, State, Transport};
use crate::component::ServerError;
use crate::error::{Error, ErrorKind, is_of_read_only_server, of_long_command};
use crate::protocol::malformed::Malformed;
use crate::protocol::ok_packet::Summary;
use crate::protocol::packet_stream::Expected;
use crate::protocol::reply::Event;

/// How many packets a dropped reply may still have for it to be drained on the spot.
const DRAINED_PACKETS: usize = 16;
/// From this number of rows on, the binary protocol saves more than preparing and a round trip within a VPC cost: 0.4
/// µs a row (`just bench-rows`).
const LONG_RESULT_ROWS: u64 = 1_000;

/// In bytes: longer than most statements, and the smallest `max_allowed_packet` in use.
const LONG_COMMAND: usize = 1 << 20;

impl<S: Transport> Connection<S> {
    async fn read(&mut self) -> Result<Range<usize>, Error> {
        let expected = match &self.state {
            State::Replying(reply) => reply.expected(),
            State::Idle | State::Unusable => Expected::Control,
        };
        match self.stream.read(expected).await {
            Ok(range) => Ok(range),
            Err(error) => {
                let error = self.lost(Error::of_read(self.stage, error));
                Err(self.poison(error))
            }
        }
    }

    /// Adds the likely cause if the connection was lost while a long command was written or answered: its length.
    pub(super) fn lost(&self, error: Error) -> Error {
        self.report(&error);
        match error.kind() {
            ErrorKind::Closed | ErrorKind::Io(_) if self.command_length > LONG_COMMAND => {
                error.with_causes(of_long_command())
            }
            _ => error,
        }
    }

    /// Prefers the error of the first of two replies, if the server closes the connection in place of the second.
    async fn read_of_reply(&mut self) -> Result<Range<usize>, Error> {
        let refusal = match &self.state {
            State::Replying(reply) => reply.refusal().cloned(),
            _ => None,
        };
        match (self.read().await, refusal) {
            (Err(_), Some(why)) => Err(self.error(ErrorKind::Server(why))),
            (read, _) => read,
        }
    }

    /// The next row, if it is in the buffer. Most rows take this path, without a future.
    #[inline]
    pub(crate) fn received_row(&mut self) -> Option<Range<usize>> {
        let State::Replying(reply) = &mut self.state else {
            return None;
        };
        let range = self.stream.take_if(|first| reply.is_row(first))?;
        reply.count_row();
        Some(range)
    }

    /// Discards the rest of a reply if it is received already and short, as the end of a small result is. It waits for
    /// nothing; [`Self::is_replying`] then says whether there is more.
    pub fn drain_received(&mut self) {
        // Without a runtime there are no timers, which an idle limit starts.
        if Handle::try_current().is_err() {
            return;
        }
        for _ in 0..DRAINED_PACKETS {
            if !self.is_replying() {
                return;
            }
            // It is cancel-safe.
            let read = pin!(self.read_on());
            if !matches!(
                read.poll(&mut Context::from_waker(Waker::noop())),
                Poll::Ready(Ok(()))
            ) {
                return;
            }
        }
    }

    /// Reads the next packet of the set-up or of the reply.
    async fn read_on(&mut self) -> Result<(), Error> {
        self.await_set_up().await?;
        match self.state {
            State::Replying(_) => self.next_event().await.map(drop),
            _ => Ok(()),
        }
    }

    /// Reads up to the first row, or to the end of a statement without a result, and gives what the server
    /// says at that end.
    pub(crate) async fn read_header(&mut self) -> Result<Option<Summary>, Error> {
        match self.next_event().await? {
            (Event::Done(summary), _) => Ok(Some(summary)),
            _ => Ok(None),
        }
    }

    /// The next event of the reply. After its last event the connection is idle.
    pub(crate) async fn next_event(&mut self) -> Result<(Event, Range<usize>), Error> {
        loop {
            if !matches!(self.state, State::Replying(_)) {
                return Err(self.error(ErrorKind::Unusable));
            }
            // A server may send faster than this reads: yields to timers and signals.
            consume_budget().await;
            self.await_set_up().await?;
            let range = self.read_of_reply().await?;
            let event = self.receive(range.clone())?;
            if event == Event::LocalInfile {
                self.refuse_file().await?;
            } else if self.apply(&event)? {
                return Ok((event, range));
            }
        }
    }

    fn receive(&mut self, range: Range<usize>) -> Result<Event, Error> {
        let State::Replying(reply) = &mut self.state else {
            return Err(self.error(ErrorKind::Unusable));
        };
        let received = reply.receive(self.stream.payload(range));
        received.map_err(|malformed| self.malformed(malformed))
    }

    /// Changes the connection as an event demands. Returns whether the caller of [`Self::next_event`] sees the event.
    fn apply(&mut self, event: &Event) -> Result<bool, Error> {
        let State::Replying(reply) = &mut self.state else {
            return Err(self.error(ErrorKind::Unusable));
        };
        Ok(match event {
            Event::Pending | Event::LocalInfile => false,
            Event::Columns | Event::Row => reply.refusal().is_none(),
            Event::NotPrepared => {
                self.stream.begin_next_reply();
                false
            }
            Event::Prepared(statement) => {
                // `query` takes it from here; if its future was dropped, the statement is closed.
                self.unused.push(*statement);
                if reply.is_executed() {
                    self.stream.begin_next_reply();
                } else {
                    self.state = State::Idle;
                }
                true
            }
            Event::Done(summary) | Event::EndOfRows(summary) => match self.end_result(summary) {
                Some(_) if summary.more_results() => false,
                Some(why) => {
                    self.transaction.note_refusal();
                    return Err(self.error(ErrorKind::Server(why)));
                }
                None => true,
            },
            Event::FileRefused(summary) => {
                if summary.more_results() {
                    reply.next_result();
                } else {
                    self.state = State::Idle;
                }
                return Err(self.error(ErrorKind::LocalInfile));
            }
            Event::Error(error) => {
                let may_write = self.set_up.settings.allow_writes;
                self.is_demoted |= may_write && is_of_read_only_server(error);
                self.transaction.note_refusal();
                self.state = State::Idle;
                let refusal = self.error(ErrorKind::Server(error.clone()));
                self.report(&refusal);
                return Err(refusal);
            }
        })
    }

    /// Notes the end of a result. Returns the server's error in an earlier reply of the same flight.
    fn end_result(&mut self, summary: &Summary) -> Option<ServerError> {
        self.status = summary.status_flags();
        let State::Replying(reply) = &mut self.state else {
            return None;
        };
        self.last_result_rows = reply.result.rows;
        if let Some(statement) = self.watched.take() {
            let length = match reply.result.rows >= LONG_RESULT_ROWS {
                true => Length::Long,
                false => Length::Short,
            };
            self.lengths.set(statement, length);
        }
        let refusal = reply.refusal().cloned();
        if summary.more_results() {
            reply.next_result();
        } else {
            self.state = State::Idle;
        }
        refusal
    }

    pub(crate) fn malformed(&mut self, malformed: Malformed) -> Error {
        let error = self.error(ErrorKind::Malformed(malformed));
        self.poison(error)
    }

    /// Sends an empty packet, which ends the file before its first byte.
    async fn refuse_file(&mut self) -> Result<(), Error> {
        let refused = self.write_or_poison(Outgoing::EmptyPacket).await;
        refused.map_err(|error| Error::of_io(self.stage, error))
    }
}
