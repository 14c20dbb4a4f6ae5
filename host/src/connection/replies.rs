//! Replies of the server, as far as they are the same for every command.

use std::ops::Range;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio::task::consume_budget;

use super::result_lengths::Length;
use super::{Connection, State};
use crate::error::{Error, ErrorKind, is_of_read_only_server, of_long_command};
use crate::guest::ServerError;
use crate::protocol::malformed::Malformed;
use crate::protocol::ok_packet::Summary;
use crate::protocol::packet_stream::Expected;
use crate::protocol::reply::Event;

/// Of a reply that nobody reads to its end: more than the few at its end is for a task of its own.
const PACKETS_AT_HAND: usize = 16;
/// From here on the binary protocol has won more than a round trip within a VPC and the preparing take: 0.4 µs a
/// row (`just bench-rows`).
const LONG_RESULT_ROWS: u64 = 1_000;

/// Longer than most statements, and as long as the smallest `max_allowed_packet` that is seen.
const LONG_COMMAND: usize = 1 << 20;

impl Connection {
    async fn read(&mut self) -> Result<Range<usize>, Error> {
        let expected = match &self.state {
            State::Replying(reply) => reply.expected(),
            State::Idle | State::Unusable => Expected::Control,
        };
        match self.stream.read(expected).await {
            Ok(range) => Ok(range),
            Err(error) => {
                self.state = State::Unusable;
                Err(self.lost(Error::of_read(self.stage, error)))
            }
        }
    }

    /// Of a connection that was lost while a long command was written or answered, the length is the likely cause.
    pub(super) fn lost(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Closed | ErrorKind::Io(_) if self.command_length > LONG_COMMAND => {
                error.with_causes(of_long_command())
            }
            _ => error,
        }
    }

    /// Where a server says why and hangs up, in place of its second reply, the reason is what counts.
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

    /// The next row, if it has come already: without a future, which for most rows is all there is to it.
    #[inline]
    pub(crate) fn row_at_hand(&mut self) -> Option<Range<usize>> {
        let State::Replying(reply) = &mut self.state else {
            return None;
        };
        let range = self.stream.take_if(|first| reply.is_row(first))?;
        reply.count_row();
        Some(range)
    }

    /// Reads what is left of a reply if it has come already, and is little: the end of a result of few rows.
    pub(crate) fn read_what_is_at_hand(&mut self) {
        // Without a runtime there are no timers, which an idle limit starts.
        if Handle::try_current().is_err() {
            return;
        }
        for _ in 0..PACKETS_AT_HAND {
            if !self.is_replying() {
                return;
            }
            // It may be given up at any point.
            let read = pin!(self.read_on());
            if !matches!(
                read.poll(&mut Context::from_waker(Waker::noop())),
                Poll::Ready(Ok(()))
            ) {
                return;
            }
        }
    }

    /// The next of what is to be read, whatever it is.
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

    /// The next thing that the reply tells. At its end the connection is idle again.
    pub(crate) async fn next_event(&mut self) -> Result<(Event, Range<usize>), Error> {
        loop {
            if !matches!(self.state, State::Replying(_)) {
                return Err(self.error(ErrorKind::Unusable));
            }
            // A server may send faster than this reads, for ever: timers and signals have their turn meanwhile.
            consume_budget().await;
            self.await_set_up().await?;
            let range = self.read_of_reply().await?;
            let State::Replying(reply) = &mut self.state else {
                return Err(self.error(ErrorKind::Unusable));
            };
            let event = match reply.receive(self.stream.payload(range.clone())) {
                Ok(event) => event,
                Err(malformed) => return Err(self.malformed(malformed)),
            };
            match &event {
                Event::Pending => continue,
                Event::Columns | Event::Row if reply.refusal().is_some() => continue,
                Event::Columns | Event::Row => {}
                Event::NotPrepared => {
                    self.stream.begin_next_reply();
                    continue;
                }
                Event::Prepared(statement) => {
                    // Until somebody takes it: who asked for it may have given up.
                    self.unused.push(*statement);
                    if reply.is_executed() {
                        self.stream.begin_next_reply();
                    } else {
                        self.state = State::Idle;
                    }
                }
                Event::Done(summary) | Event::EndOfRows(summary) => {
                    let more = summary.more_results();
                    match self.end_result(summary) {
                        Some(_) if more => continue,
                        Some(why) => return Err(self.error(ErrorKind::Server(why))),
                        None => {}
                    }
                }
                Event::LocalInfile => {
                    self.refuse_file().await?;
                    continue;
                }
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
                    let kind = ErrorKind::Server(error.clone());
                    self.state = State::Idle;
                    return Err(self.error(kind));
                }
            }
            return Ok((event, range));
        }
    }

    /// A result has come to its end: what it leaves, and whether another follows. Gives the refusal that an earlier reply
    /// of the same flight was.
    fn end_result(&mut self, summary: &Summary) -> Option<ServerError> {
        self.status = summary.status_flags();
        let State::Replying(reply) = &mut self.state else {
            return None;
        };
        if let Some(statement) = self.watched.take() {
            let length = match reply.rows >= LONG_RESULT_ROWS {
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
        self.state = State::Unusable;
        self.error(ErrorKind::Malformed(malformed))
    }

    /// Sends an empty packet: the file's end, before any of it.
    async fn refuse_file(&mut self) -> Result<(), Error> {
        // Until it is written: this may be given up half-way.
        let replying = std::mem::replace(&mut self.state, State::Unusable);
        let refused = self.stream.write(&[]).await;
        refused.map_err(|error| Error::of_io(self.stage, error))?;
        self.state = replying;
        Ok(())
    }
}
