//! Executes a request on a pooled connection, and cancels the statement at the deadline.

use std::time::{Duration, Instant};

use tokio::time::{timeout, timeout_at};
use tracing::{debug, warn};

use super::accept::Format;
use super::deadline::Deadline;
use super::event::Request;
use super::failure::{Failure, Type};
use super::session::Session;
use super::sink::Sink;
use rds_bridge::error::{Error, ErrorKind, ends_connection};
use rds_bridge::mysql::{CancelHandle, Connection, Summary};
use rds_bridge::pool::{Pool, PooledConnection};
use rds_bridge_formats::Writer;
use rds_bridge_formats::json::{Json, write_summary};

/// Executes requests, with the settings that apply to all of them.
pub(super) struct Executor {
    pub(super) pool: Pool,
    pub(super) allow_writes: bool,
    /// Whether JSON represents `BIGINT` columns as strings.
    pub(super) is_bigint_text: bool,
}

/// How long the parts of an execution took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Took {
    pub(super) acquire: Duration,
    pub(super) query: Duration,
    /// Whether the connection had been used before; `None` if no connection was acquired.
    pub(super) reused: Option<bool>,
}

impl Executor {
    /// Writes the rows into the sink. If the statement fails after the sink has begun to send, the response ends with a
    /// marker that makes it invalid in its format.
    pub(super) async fn execute(
        &self,
        request: &Request,
        format: Format,
        sink: &mut Sink,
        deadline: &Deadline,
        took: &mut Took,
    ) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut is_repeated = false;
        loop {
            let connection = self.connection(deadline).await;
            took.acquire = begun.elapsed();
            let mut connection = connection?;
            let is_reused = connection.is_reused();
            let cancel = connection.cancel_handle();
            let beginning = Session::begin(&mut connection, self.allow_writes);
            let session = timeout_at(deadline.at, beginning)
                .await
                .map_err(|_| Failure::deadline("the database did not answer", deadline.limit));
            took.acquire = begun.elapsed();
            let session = match session? {
                // Once, with another connection: no part of the statement has been sent yet.
                Err(error) if is_lost(&error) && !is_repeated => {
                    is_repeated = true;
                    continue;
                }
                session => session?,
            };
            took.reused = Some(is_reused);
            let begun = Instant::now();
            let mut writer = self.writer(format);
            let done = execute_until_deadline(session, request, &mut writer, sink, deadline).await;
            let done = match done {
                Ok(()) => within_grace_period(deadline, sink.flush()).await,
                Err(stop) => {
                    let failure = match stop {
                        Stop::Failed(failure) => failure,
                        Stop::OutOfTime => end_statement(&cancel, &mut connection, deadline).await,
                    };
                    if sink.has_begun() {
                        // Do not wait for a caller that reads slowly.
                        let cut = cut_off(&mut writer, &failure, sink);
                        let _told = timeout(deadline.grace(), cut).await;
                    }
                    Err(failure)
                }
            };
            took.query = begun.elapsed();
            self.release(connection, request, done.as_ref().err());
            return done;
        }
    }

    fn writer(&self, format: Format) -> Json {
        let writer = match format {
            Format::Json => Json::array(),
            Format::Ndjson => Json::lines(),
        }
        .with_iso_8601();
        if self.is_bigint_text {
            writer.with_bigint_as_text()
        } else {
            writer
        }
    }

    /// Acquires a live connection. At the deadline, the failure reports the server's last refusal of a new connection,
    /// or the stage that the new connection had reached.
    async fn connection(&self, deadline: &Deadline) -> Result<PooledConnection, Failure> {
        self.pool
            .get_within(deadline.left())
            .await
            .map_err(|error| match error.connect_error() {
                Some(error) if is_out_of_time(error) && deadline.is_near() => {
                    Failure::deadline_of_connecting(error, deadline.limit)
                }
                _ => error.into(),
            })
    }

    /// Returns the connection to the pool, which discards unread rows, rolls back an open transaction and resets the
    /// session. If the request failed in the middle of a reply, the connection is closed instead.
    fn release(
        &self,
        mut connection: PooledConnection,
        request: &Request,
        failure: Option<&Failure>,
    ) {
        let is_left_in_the_middle = failure.is_some() && connection.is_replying();
        if is_left_in_the_middle {
            drop(connection.detach());
        } else if request.statement.is_ad_hoc {
            // The SQL may set variables or take locks, also inside a stored function that it calls. They must not
            // reach the next caller.
            connection.reset_when_dropped();
        }
    }
}

/// Executes the statement until the deadline. If the deadline passes first, the statement is still running.
async fn execute_until_deadline(
    session: Session<'_>,
    request: &Request,
    writer: &mut Json,
    sink: &mut Sink,
    deadline: &Deadline,
) -> Result<(), Stop> {
    let mut is_committing = false;
    let work = statement(session, request, writer, sink, deadline, &mut is_committing);
    let done = timeout_at(deadline.at, work).await;
    match done {
        Ok(Err(Stop::OutOfTime)) | Err(_) if is_committing => Err(Failure::deadline(
            "the server did not answer the COMMIT",
            deadline.limit,
        )
        .with_hint(UNKNOWN_COMMIT)
        .into()),
        Ok(done) => done,
        Err(_) => Err(Stop::OutOfTime),
    }
}

/// Ends the statement on the server after the deadline. Its result is ignored: MySQL's `SLEEP` succeeds when it is
/// killed.
async fn end_statement(
    cancel: &CancelHandle,
    connection: &mut Connection,
    deadline: &Deadline,
) -> Failure {
    let end = async {
        cancel.cancel_on(connection).await?;
        connection.ping().await
    };
    let ended = match timeout(deadline.grace(), end).await {
        Ok(Ok(())) => "the statement was ended on the server",
        Ok(Err(error)) => {
            warn!(%error, "the statement could not be ended, and may still be running on the server");
            "the statement could not be ended, and may still be running on the server"
        }
        Err(_) => {
            "the statement could not be ended in time, and may still be running on the server"
        }
    };
    Failure::deadline("the statement did not complete", deadline.limit)
        .and_then(ended)
        .with_hint("increase the function's Timeout, or select less")
}

async fn statement(
    mut session: Session<'_>,
    request: &Request,
    writer: &mut Json,
    sink: &mut Sink,
    deadline: &Deadline,
    is_committing: &mut bool,
) -> Result<(), Stop> {
    debug!(
        query = request.statement.name,
        parameters = request.params.len(),
        connection = session.session().connection_id,
        "executing"
    );
    let summary = rows(&mut session, request, writer, sink, deadline).await?;
    check_deadline(deadline)?;
    if session.is_writing() {
        sink.check_answer()?;
        *is_committing = true;
        session.commit().await.map_err(commit_failed)?;
    }
    match summary {
        // Only after the commit: until then the array must not look complete.
        None => writer.end(&mut sink.out),
        Some(summary) => write_summary(&summary, &mut sink.out),
    }
    sink.begin();
    Ok(())
}

fn is_lost(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Closed | ErrorKind::Io(_) | ErrorKind::Unusable
    )
}

const UNKNOWN_COMMIT: &str =
    "check whether the transaction was committed before you retry: the server did not confirm it";

/// Unless the server refused the COMMIT, the transaction may have been committed.
fn commit_failed(error: Error) -> Failure {
    let is_refused =
        matches!(error.kind(), ErrorKind::Server(refusal) if !ends_connection(refusal));
    let failure = Failure::from(error);
    match is_refused {
        true => failure,
        false => failure.with_hint(UNKNOWN_COMMIT),
    }
}

fn is_out_of_time(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Timeout(_))
}

/// Why a statement stopped.
enum Stop {
    Failed(Failure),
    /// The deadline has passed.
    OutOfTime,
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Stops the statement after the deadline. `timeout_at` alone is not enough: reading buffered rows never waits, so the
/// timer is not polled.
fn check_deadline(deadline: &Deadline) -> Result<(), Stop> {
    match deadline.has_come() {
        true => Err(Stop::OutOfTime),
        false => Ok(()),
    }
}

/// Sends the end of a response within the time until the deadline and the grace period after it. A caller that does not
/// read must not block longer.
async fn within_grace_period(
    deadline: &Deadline,
    sending: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let limit = deadline.left().saturating_add(deadline.grace());
    timeout(limit, sending).await.unwrap_or_else(|_| {
        Err(Failure::deadline(
            "the caller did not read the whole response",
            deadline.limit,
        ))
    })
}

/// How many rows are written between two checks of the deadline.
const ROWS_BETWEEN_CHECKS: u64 = 128;

/// Writes the rows of the result, and returns `None`; for a statement without a result, returns its summary. A second
/// result with columns is an error.
async fn rows(
    connection: &mut Connection,
    request: &Request,
    writer: &mut Json,
    sink: &mut Sink,
    deadline: &Deadline,
) -> Result<Option<Summary>, Stop> {
    let sql = &request.statement.sql;
    let mut rows = match request.params.as_slice() {
        [] => connection.query(sql).await?,
        params => connection.query_with(sql, params).await?,
    };
    let has_rows = !rows.columns().is_empty();
    if has_rows {
        writer.begin(rows.columns(), &mut sink.out);
        while let Some(row) = rows.next().await? {
            sink.make_room_for(row.encoded_length())?;
            writer.row(&row, &mut sink.out).map_err(Error::from)?;
            sink.count_row();
            if sink.is_full() {
                sink.begin();
                sink.flush().await?;
            }
            if sink.rows.is_multiple_of(ROWS_BETWEEN_CHECKS) {
                check_deadline(deadline)?;
            }
        }
    }
    while rows.next_result().await? {
        refuse_second_result(!rows.columns().is_empty())?;
        check_deadline(deadline)?;
    }
    let summary = rows.summary().cloned().unwrap_or_default();
    sink.warnings = summary.warnings;
    Ok((!has_rows).then_some(summary))
}

fn refuse_second_result(has_columns: bool) -> Result<(), Failure> {
    match has_columns {
        true => Err(Failure::new(
            Type::Statement,
            "the statement returns several results, but a response contains one",
        )
        .with_hint("call a procedure that returns one result")),
        false => Ok(()),
    }
}

/// Ends a response that has already begun: no parser accepts it as complete, and a person can read the reason.
async fn cut_off(writer: &mut Json, failure: &Failure, sink: &mut Sink) {
    let reason = failure.public_json("").to_string();
    writer.cut_off(&mut sink.out);
    sink.out.extend_from_slice(reason.as_bytes());
    sink.out.push(b'\n');
    // An error means that the caller has stopped reading, so it cannot take the response for complete.
    let _sent = sink.flush().await;
}
