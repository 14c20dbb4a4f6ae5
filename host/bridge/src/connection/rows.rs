//! The rows of a result, streamed.

use std::fmt;
use std::ops::Range;
use std::pin::pin;

use tokio::net::TcpStream;

use super::statement_span::StatementSpan;
use super::{Connection, State, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::column::Column;
use crate::protocol::from_row::{self, FromRow};
use crate::protocol::ok_packet::Summary;
use crate::protocol::reply::Event;
use crate::protocol::row::{Encoding, Row};
use crate::tls::TlsStream;

/// The rows of a statement's results. They stream: each is read when it is asked for.
///
/// A statement without a result, such as an `UPDATE`, has no columns and no rows. `Rows` can be dropped at any point:
/// the connection's next call discards the rest.
///
/// `S` is the connection's stream (see [`Connection`]).
pub struct Rows<'c, S = TlsStream<TcpStream>> {
    connection: &'c mut Connection<S>,
    summary: Option<Summary>,
    span: StatementSpan,
}

impl<S: Transport> Connection<S> {
    /// Continues with the result that is being read, after its [`Rows`] was dropped and before the connection's next
    /// call. `None`, if no result is being read.
    ///
    /// For an owner of the connection that cannot keep the borrow, such as a resource that a WebAssembly guest holds.
    pub fn resume_rows(&mut self) -> Option<Rows<'_, S>> {
        match &self.state {
            State::Replying(reply) if reply.has_rows() && reply.refusal().is_none() => {
                Some(Rows::new(self, None, StatementSpan::none()))
            }
            _ => None,
        }
    }
}

impl<'c, S: Transport> Rows<'c, S> {
    /// Of a reply that [`Connection::read_header`] has begun to read.
    pub(super) fn new(
        connection: &'c mut Connection<S>,
        summary: Option<Summary>,
        mut span: StatementSpan,
    ) -> Self {
        if let Some(summary) = &summary {
            span.record_result(0, summary);
        }
        Self {
            connection,
            summary,
            span,
        }
    }

    /// The columns of the current result; empty for a statement without a result.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        match &self.connection.state {
            State::Replying(reply) if reply.has_rows() => &reply.result.columns,
            _ => &[],
        }
    }

    /// Whether the rows of the current result are in the text protocol, in which a `FLOAT` has six significant digits.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(&self.connection.state, State::Replying(reply) if reply.result.encoding == Encoding::Text)
    }

    /// Reads the next row of the current result; `None` at its end. The row borrows from the read buffer until the next
    /// call.
    ///
    /// # Errors
    ///
    /// The server reports an error in the middle of a result, or the connection is lost.
    pub async fn next(&mut self) -> Result<Option<Row<'_>>, Error> {
        let range = match self.connection.received_row() {
            Some(range) => range,
            None => match self.read_row().await? {
                Some(range) => range,
                None => return Ok(None),
            },
        };
        self.row(range).map(Some)
    }

    /// Reads the next row as a tuple or a struct ([`FromRow`]). This is faster than [`Self::next`] and [`Row::get`].
    ///
    /// ```no_run
    /// # async fn items(mut rows: rds_bridge::mysql::Rows<'_>) -> Result<(), rds_bridge::Error> {
    /// while let Some((id, name)) = rows.next_as::<(u64, &str)>().await? {
    ///     println!("{id} {name}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Self::next`]; [`ErrorKind::Value`], if the row cannot be read as `T`. That row is skipped.
    pub async fn next_as<'r, T: FromRow<'r>>(&'r mut self) -> Result<Option<T>, Error> {
        let range = match self.connection.received_row() {
            Some(range) => range,
            None => match self.read_row().await? {
                Some(range) => range,
                None => return Ok(None),
            },
        };
        self.row_as(range).map(Some)
    }

    #[inline(always)]
    fn row_as<'r, T: FromRow<'r>>(&'r mut self, range: Range<usize>) -> Result<T, Error> {
        let Connection {
            stream,
            state,
            stage,
            ..
        } = &mut *self.connection;
        *stage = Stage::Rows;
        let payload = stream.payload(range);
        if let State::Replying(reply) = state
            && let Some(row) = from_row::read(&mut reply.result, payload)
        {
            return Ok(row);
        }
        Self::decode_slow(state, payload)
    }

    #[cold]
    fn decode_slow<'r, T: FromRow<'r>>(
        state: &'r mut State,
        payload: &'r [u8],
    ) -> Result<T, Error> {
        let malformed = match state {
            State::Replying(reply) => reply.split(payload).err(),
            _ => return Err(Error::new(Stage::Rows, ErrorKind::Unusable)),
        };
        if let Some(malformed) = malformed {
            *state = State::Unusable;
            return Err(Error::new(Stage::Rows, ErrorKind::Malformed(malformed)));
        }
        let State::Replying(reply) = state else {
            return Err(Error::new(Stage::Rows, ErrorKind::Unusable));
        };
        let result = &reply.result;
        Ok(T::from_row(Row { result, payload })?)
    }

    /// Reads up to the next row, or `None` at the result's end.
    async fn read_row(&mut self) -> Result<Option<Range<usize>>, Error> {
        if self.summary.is_some() {
            return Ok(None);
        }
        // Until the next command: this may be given up at any point.
        self.connection.stage = Stage::Rows;
        let event = self.span.run(pin!(self.connection.next_event())).await;
        if event.is_err() {
            // The reply is over, or the connection is: nothing more will come.
            self.summary = Some(Summary::default());
        }
        match event? {
            (Event::EndOfRows(summary) | Event::Done(summary), _) => {
                self.span
                    .record_result(self.connection.last_result_rows, &summary);
                self.summary = Some(summary);
                Ok(None)
            }
            (_, range) => Ok(Some(range)),
        }
    }

    #[inline]
    fn row(&mut self, range: Range<usize>) -> Result<Row<'_>, Error> {
        let connection = &mut *self.connection;
        connection.stage = Stage::Rows;
        if let State::Replying(reply) = &mut connection.state {
            let payload = connection.stream.payload(range.clone());
            if let Err(malformed) = reply.split(payload) {
                return Err(connection.malformed(malformed));
            }
        }
        let Connection {
            stream,
            state: State::Replying(reply),
            ..
        } = connection
        else {
            return Err(connection.error(ErrorKind::Unusable));
        };
        Ok(Row {
            result: &reply.result,
            payload: stream.payload(range),
        })
    }

    /// Continues with the next result (a procedure may give several). Unread rows of the current one are discarded.
    /// Returns `false` after the last result.
    ///
    /// # Errors
    ///
    /// As [`Self::next`].
    pub async fn next_result(&mut self) -> Result<bool, Error> {
        while self.next().await?.is_some() {}
        let more = self.summary.as_ref().is_some_and(Summary::more_results);
        if more {
            // If it fails, nothing more will come.
            self.summary = Some(Summary::default());
            self.summary = self.connection.read_header().await?;
        }
        Ok(more)
    }

    /// The server's summary at the end of the current result; `None` before.
    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// Discards the remaining rows and results, and returns the last summary.
    ///
    /// # Errors
    ///
    /// As [`Self::next`].
    pub async fn finish(mut self) -> Result<Summary, Error> {
        while self.next_result().await? {}
        Ok(self.summary.unwrap_or_default())
    }
}

impl<S> fmt::Debug for Rows<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("connection", &self.connection)
            .field("summary", &self.summary)
            .finish()
    }
}
