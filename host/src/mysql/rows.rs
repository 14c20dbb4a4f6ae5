//! The rows of a result, as they come.

use std::ops::Range;

use super::column::Column;
use super::connection::{Connection, State};
use super::malformed::Malformed;
use super::ok_packet::Summary;
use super::reply::Event;
use super::row::Row;
use crate::error::{Error, ErrorKind, Stage};

/// A statement's rows, as they come: nothing is read that nobody asked for.
///
/// A statement without a result (an `UPDATE`, say) has no columns and no rows. Drop it at any point: what
/// has not been read is read by the connection's next call.
#[derive(Debug)]
pub struct Rows<'c> {
    connection: &'c mut Connection,
    summary: Option<Summary>,
}

impl<'c> Rows<'c> {
    /// Reads up to the first row, or to the end of a statement without a result.
    pub(super) async fn begin(connection: &'c mut Connection) -> Result<Self, Error> {
        let mut rows = Self {
            connection,
            summary: None,
        };
        rows.read_header().await?;
        Ok(rows)
    }

    async fn read_header(&mut self) -> Result<(), Error> {
        let event = self.connection.next_event().await;
        self.summary = match &event {
            Ok((Event::Done(summary), _)) => Some(summary.clone()),
            Ok(_) => None,
            // Nothing more will come.
            Err(_) => Some(Summary::default()),
        };
        event.map(drop)
    }

    /// The columns; none for a statement without a result.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        match &self.connection.state {
            State::Replying(reply) if reply.has_rows() => &reply.columns,
            _ => &[],
        }
    }

    /// The next row; none at the result's end. The row borrows from the read buffer until the next call.
    ///
    /// # Errors
    ///
    /// The server's, in the middle of a result, or that the connection is lost.
    pub async fn next(&mut self) -> Result<Option<Row<'_>>, Error> {
        if self.summary.is_some() {
            return Ok(None);
        }
        let range = match self.connection.row_at_hand() {
            Some(range) => range,
            None => match self.read_row().await? {
                Some(range) => range,
                None => return Ok(None),
            },
        };
        self.row(range).map(Some)
    }

    /// Reads up to the next row; none at the result's end.
    async fn read_row(&mut self) -> Result<Option<Range<usize>>, Error> {
        // Until the next command: this may be given up at any point.
        self.connection.stage = Stage::Rows;
        let event = self.connection.next_event().await;
        if event.is_err() {
            // The reply is over, or the connection is: nothing more will come.
            self.summary = Some(Summary::default());
        }
        match event? {
            (Event::EndOfRows(summary) | Event::Done(summary), _) => {
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
        if let Err(malformed) = split(connection, range.clone()) {
            return Err(connection.malformed(malformed));
        }
        let Connection {
            stream,
            state: State::Replying(reply),
            fields,
            ..
        } = connection
        else {
            return Err(connection.error(ErrorKind::Unusable));
        };
        Ok(Row {
            columns: &reply.columns,
            fields,
            payload: stream.payload(range),
            encoding: reply.encoding(),
        })
    }

    /// Goes on to the next of several results (a procedure gives more than one). Rows of this one that
    /// have not been read are passed over. False where there is none.
    ///
    /// # Errors
    ///
    /// As [`Self::next`].
    pub async fn next_result(&mut self) -> Result<bool, Error> {
        while self.next().await?.is_some() {}
        let more = self.summary.as_ref().is_some_and(Summary::more_results);
        if more {
            self.read_header().await?;
        }
        Ok(more)
    }

    /// What the server said at the end of this result; none before.
    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// Reads to the end of the last result, and gives its summary.
    ///
    /// # Errors
    ///
    /// As [`Self::next`].
    pub async fn finish(mut self) -> Result<Summary, Error> {
        while self.next_result().await? {}
        Ok(self.summary.unwrap_or_default())
    }
}

/// Finds where the values of a row lie.
#[inline]
fn split(connection: &mut Connection, range: Range<usize>) -> Result<(), Malformed> {
    let State::Replying(reply) = &connection.state else {
        return Ok(());
    };
    let payload = connection.stream.payload(range);
    reply.split(payload, &mut connection.fields)
}
