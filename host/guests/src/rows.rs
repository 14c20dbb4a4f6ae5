//! The resource `rows`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rds_bridge::mysql::Summary;
use rds_bridge::pool::PooledConnection;
use wasmtime::component::Resource;

use crate::bindings::rds::mysql::results::{Host, HostRows, Rows as Handle};
use crate::bindings::rds::mysql::types;
use crate::bindings::rds::mysql::types::{Error as GuestError, Lost, Row, Rule};
use crate::ctx::RdsCtx;
use crate::failure::Answer;
use crate::granted::Place;
use crate::handles::{borrowed, owned};
use crate::session::Session;
use crate::values;

/// The rows of a guest's statement. What is left of them lies in the connection; this has what is counted.
pub(crate) struct Rows {
    /// `None` after their end, so that a connection that nothing else needs returns to its pool.
    session: Option<Arc<Session>>,
    /// Of the statement in its session.
    number: u64,
    columns: Vec<types::Column>,
    /// How they have ended.
    ended: Option<Result<types::Summary, GuestError>>,
    /// What the statement has left of its time.
    time: Option<Duration>,
    rows: u64,
    bytes: u64,
    /// Among the statements that the tenant may execute at the same time; kept, and not read.
    _request: Place,
}

/// Rows that one call returns, and the end of the result if it was reached.
type Batch = (Vec<Row>, Option<Summary>);

impl Rows {
    /// Of a statement without a result.
    pub(crate) fn none(columns: Vec<types::Column>, summary: types::Summary) -> Self {
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
        columns: Vec<types::Column>,
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

    /// Reads the next rows.
    async fn next(&mut self, at_most: u32, max_bytes: usize) -> Result<Vec<Row>, GuestError> {
        let Some(session) = self.session.clone() else {
            return match &self.ended {
                Some(Err(error)) => Err(error.clone()),
                _ => Ok(Vec::new()),
            };
        };
        let mut time = self.time;
        let mut lent = session.lent().await;
        let batch = match lent.rows == Some(self.number) {
            true => {
                let read = async |connection: &mut PooledConnection| {
                    self.read(connection, &session, at_most, max_bytes).await
                };
                lent.run(&mut time, read).await
            }
            // `commit` and `rollback` pass over them.
            false => Err(GuestError::TransactionEnded),
        };
        self.time = time;
        match batch {
            Ok((rows, None)) => Ok(rows),
            Ok((rows, Some(summary))) => {
                lent.end_rows(self.number);
                self.end(Ok(values::summary(summary)));
                Ok(rows)
            }
            Err(error) => {
                if let GuestError::NotPermitted(_) = error {
                    // The rest is not read: the server need not send it.
                    lent.abandon();
                }
                lent.end_rows(self.number);
                self.end(Err(error.clone()));
                Err(error)
            }
        }
    }

    async fn read(
        &mut self,
        connection: &mut PooledConnection,
        session: &Session,
        at_most: u32,
        max_bytes: usize,
    ) -> Result<Batch, GuestError> {
        let at_most = usize::try_from(at_most.max(1)).unwrap_or(usize::MAX);
        let grant = &session.grant;
        let Some(mut rows) = connection.resume_rows() else {
            return Err(GuestError::ConnectionLost(Lost { may_have_run: true }));
        };
        // Never as many as the guest asks for before they are there.
        let mut batch = Vec::new();
        let mut held = 0_usize;
        while batch.len() < at_most && held < max_bytes {
            let next = rows.next().await.map_err(|error| session.failed(&error))?;
            let Some(row) = next else {
                let summary = rows.finish().await;
                let summary = summary.map_err(|error| session.failed(&error))?;
                return Ok((batch, Some(summary)));
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
            batch.push(values::row(&row)?);
        }
        Ok((batch, None))
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
        let mut lent = session.lent().await;
        if lent.rows != Some(self.number) {
            return Err(GuestError::TransactionEnded);
        }
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

impl Drop for Rows {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            session.release(|lent| lent.end_rows(self.number));
        }
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("columns", &self.columns.len())
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Host for RdsCtx {}

impl HostRows for RdsCtx {
    async fn columns(&mut self, rows: Resource<Handle>) -> wasmtime::Result<Vec<types::Column>> {
        let rows: &Rows = self.table.get(&borrowed(&rows))?;
        Ok(rows.columns.clone())
    }

    async fn next(&mut self, rows: Resource<Handle>, at_most: u32) -> Answer<Vec<Row>> {
        let rows: &mut Rows = self.table.get_mut(&borrowed(&rows))?;
        let next = rows.next(at_most, self.max_batch_bytes);
        Ok(self.waited.during(next).await)
    }

    async fn finish(&mut self, rows: Resource<Handle>) -> Answer<types::Summary> {
        let rows: Rows = self.table.delete(owned(&rows))?;
        Ok(self.waited.during(rows.finish()).await)
    }

    async fn drop(&mut self, rows: Resource<Handle>) -> wasmtime::Result<()> {
        let _dropped: Rows = self.table.delete(owned(&rows))?;
        Ok(())
    }
}
