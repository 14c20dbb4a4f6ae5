//! The resource `rows`.

use std::fmt;
#[cfg(feature = "p3")]
use std::pin::pin;
use std::sync::Arc;
#[cfg(feature = "p3")]
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rds_bridge::mysql::{Row, Summary};
use rds_bridge::pool::PooledConnection;
use wasmtime::component::Resource;

use crate::bindings::rds::mysql::results::{Host, HostRows, RecordBatch, Rows as Handle};
use crate::bindings::rds::mysql::types;
use crate::bindings::rds::mysql::types::{Error as GuestError, Lost, Rule};
use crate::columnar;
use crate::ctx::RdsCtx;
use crate::failure::Answer;
use crate::granted::Place;
use crate::handles::{borrowed, owned};
use crate::session::Session;
use crate::shape::{Contract, Shape};
use crate::values;

/// The rows of a guest's statement. What is left of them lies in the connection; this has what is counted.
pub(crate) struct Rows<S: Shape> {
    /// `None` after their end, so that a connection that nothing else needs returns to its pool.
    session: Option<Arc<Session>>,
    /// Of the statement in its session.
    number: u64,
    pub(crate) columns: S::Columns,
    /// How they have ended.
    ended: Option<Result<types::Summary, GuestError>>,
    /// What the statement has left of its time.
    time: Option<Duration>,
    rows: u64,
    bytes: u64,
    /// Among the statements that the tenant may execute at the same time; kept, and not read.
    _request: Place,
}

/// The next rows, and how the result has ended, if it has.
pub(crate) struct Batch<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) ended: Option<Result<types::Summary, GuestError>>,
}

/// For how many rows a batch waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// For all that it has room for.
    Whole,
    /// For the first. The others are those that have been received.
    #[cfg(feature = "p3")]
    Received,
}

/// How many rows a batch has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) at_most: usize,
    pub(crate) max_bytes: usize,
    pub(crate) fill: Fill,
}

impl<S: Shape> Rows<S> {
    /// Of a statement without a result.
    pub(crate) fn none(columns: S::Columns, summary: types::Summary) -> Self {
        Self {
            session: None,
            number: 0,
            columns,
            ended: Some(Ok(summary)),
            time: None,
            rows: 0,
            bytes: 0,
            _request: None,
        }
    }

    pub(crate) fn of(
        session: &Arc<Session>,
        number: u64,
        columns: S::Columns,
        time: Option<Duration>,
        request: Place,
    ) -> Self {
        Self {
            session: Some(Arc::clone(session)),
            number,
            columns,
            ended: None,
            time,
            rows: 0,
            bytes: 0,
            _request: request,
        }
    }

    /// Reads the next rows. Those that were read before an error are in the batch.
    pub(crate) async fn batch(&mut self, size: Size) -> Batch<S::Row> {
        let mut rows = Vec::new();
        let push = |row: &Row<'_>, columns: &S::Columns| {
            rows.push(S::row(row, columns)?);
            Ok(())
        };
        let ended = self.fill(size, push).await;
        Batch { rows, ended }
    }

    /// Reads the next rows, gives each to `push`, and returns how the result has ended, if it has.
    async fn fill(
        &mut self,
        size: Size,
        mut push: impl FnMut(&Row<'_>, &S::Columns) -> Result<(), GuestError>,
    ) -> Option<Result<types::Summary, GuestError>> {
        let Some(session) = self.session.clone() else {
            return self.ended.clone();
        };
        let mut time = self.time;
        // `commit` and `rollback` pass over them, also while they wait for the server.
        let lent = session.lent().ok();
        let Some(mut lent) = lent.filter(|lent| lent.rows == Some(self.number)) else {
            self.end(Err(GuestError::TransactionEnded));
            return self.ended.clone();
        };
        let read = async |connection: &mut PooledConnection| {
            self.read(connection, &session, size, &mut push).await
        };
        let read = lent.run(&mut time, read).await;
        self.time = time;
        if let Err(GuestError::NotPermitted(_)) = read {
            // The rest is not read: the server need not send it.
            lent.abandon();
        }
        let ended = read.map(|it| it.map(values::summary)).transpose();
        if let Some(ended) = &ended {
            lent.end_rows(self.number);
            self.end(ended.clone());
        }
        ended
    }

    /// Reads the rows of a batch, and returns the end of the result if it was reached.
    async fn read(
        &mut self,
        connection: &mut PooledConnection,
        session: &Session,
        size: Size,
        push: &mut impl FnMut(&Row<'_>, &S::Columns) -> Result<(), GuestError>,
    ) -> Result<Option<Summary>, GuestError> {
        let grant = &session.grant;
        let Some(mut rows) = connection.resume_rows() else {
            return Err(GuestError::ConnectionLost(Lost { may_have_run: true }));
        };
        // Never as many as the guest asks for before they are there.
        let (mut count, mut held) = (0_usize, 0_usize);
        while count < size.at_most && held < size.max_bytes {
            let next = match size.fill {
                #[cfg(feature = "p3")]
                Fill::Received if count > 0 => match poll_once(rows.next()) {
                    Some(next) => next,
                    None => break,
                },
                _ => rows.next().await,
            };
            let Some(row) = next.map_err(|error| session.failed(&error))? else {
                let summary = rows.finish().await;
                return summary.map(Some).map_err(|error| session.failed(&error));
            };
            let length = row.encoded_length();
            held = held.saturating_add(values::held(&row));
            self.rows = self.rows.saturating_add(1);
            self.bytes = self
                .bytes
                .saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
            if self.rows > grant.max_rows {
                return Err(GuestError::NotPermitted(Rule::Rows));
            }
            if self.bytes > grant.max_bytes {
                return Err(GuestError::NotPermitted(Rule::ResultSize));
            }
            push(&row, &self.columns)?;
            count = count.saturating_add(1);
        }
        Ok(None)
    }

    /// Passes over the rest.
    pub(crate) async fn finish(mut self) -> Result<types::Summary, GuestError> {
        let Some(session) = self.session.clone() else {
            return self
                .ended
                .take()
                .unwrap_or(Ok(values::summary(Summary::default())));
        };
        let mut time = self.time;
        let lent = session.lent().ok();
        let Some(mut lent) = lent.filter(|lent| lent.rows == Some(self.number)) else {
            return Err(GuestError::TransactionEnded);
        };
        let finish = async |connection: &mut PooledConnection| match connection.resume_rows() {
            Some(rows) => rows.finish().await.map_err(|error| session.failed(&error)),
            None => Err(GuestError::ConnectionLost(Lost { may_have_run: true })),
        };
        let finished = lent.run(&mut time, finish).await;
        lent.end_rows(self.number);
        finished.map(values::summary)
    }

    fn end(&mut self, how: Result<types::Summary, GuestError>) {
        self.session = None;
        self._request = None;
        self.ended = Some(how);
    }
}

/// What a read gives without waiting. Reads of the library are cancel-safe.
#[cfg(feature = "p3")]
fn poll_once<T>(read: impl Future<Output = T>) -> Option<T> {
    match pin!(read).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(read) => Some(read),
        Poll::Pending => None,
    }
}

impl<S: Shape> Drop for Rows<S> {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            session.release(|lent| lent.end_rows(self.number));
        }
    }
}

impl<S: Shape> fmt::Debug for Rows<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl RdsCtx {
    fn size(&self, at_most: u32) -> Size {
        Size {
            at_most: usize::try_from(at_most.max(1)).unwrap_or(usize::MAX),
            max_bytes: self.max_batch_bytes,
            fill: Fill::Whole,
        }
    }
}

impl Host for RdsCtx {}

impl HostRows for RdsCtx {
    async fn columns(&mut self, rows: Resource<Handle>) -> wasmtime::Result<Vec<types::Column>> {
        let rows: &Rows<Contract> = self.table.get(&borrowed(&rows))?;
        Ok(rows.columns.clone())
    }

    async fn next(&mut self, rows: Resource<Handle>, at_most: u32) -> Answer<Vec<types::Row>> {
        let size = self.size(at_most);
        let rows: &mut Rows<Contract> = self.table.get_mut(&borrowed(&rows))?;
        let _waiting = self.waited.begin();
        let Batch { rows, ended } = rows.batch(size).await;
        Ok(match ended {
            Some(Err(error)) => Err(error),
            _ => Ok(rows),
        })
    }

    async fn next_columns(&mut self, rows: Resource<Handle>, at_most: u32) -> Answer<RecordBatch> {
        let size = self.size(at_most);
        let rows: &mut Rows<Contract> = self.table.get_mut(&borrowed(&rows))?;
        let mut batch = RecordBatch {
            rows: 0,
            arrays: Vec::new(),
        };
        let push = |row: &Row<'_>, _: &Vec<types::Column>| columnar::push(&mut batch, row);
        let _waiting = self.waited.begin();
        let ended = rows.fill(size, push).await;
        Ok(match ended {
            Some(Err(error)) => Err(error),
            _ => Ok(batch),
        })
    }

    async fn finish(&mut self, rows: Resource<Handle>) -> Answer<types::Summary> {
        let rows: Rows<Contract> = self.table.delete(owned(&rows))?;
        let _waiting = self.waited.begin();
        Ok(rows.finish().await)
    }

    async fn drop(&mut self, rows: Resource<Handle>) -> wasmtime::Result<()> {
        let _dropped: Rows<Contract> = self.table.delete(owned(&rows))?;
        Ok(())
    }
}
