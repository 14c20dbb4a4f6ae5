//! From a request to its rows: a connection of the pool, the statement, and its end in time.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::{timeout, timeout_at};
use tracing::{debug, warn};

use super::accept::Format;
use super::deadline::Deadline;
use super::event::Request;
use super::failure::{Failure, Type};
use super::sink::Sink;
use rds_bridge::error::{Error, ErrorKind, ends_connection};
use rds_bridge::mysql::{Connection, Summary};
use rds_bridge::pool::{Pool, PooledConnection};
use rds_bridge_formats::Writer;
use rds_bridge_formats::json::Json;

/// What executes.
pub(super) struct Executor {
    pub(super) pool: Pool,
    pub(super) allow_writes: bool,
    /// Whether values of `BIGINT` columns are texts in JSON.
    pub(super) is_bigint_text: bool,
}

/// How long the parts of it took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Took {
    pub(super) acquire: Duration,
    pub(super) query: Duration,
    /// Whether there was a connection already; none if there is none.
    pub(super) reused: Option<bool>,
}

impl Executor {
    /// Writes the rows into the sink. Of a failure, what the sink has sent by then is marked as cut off.
    pub(super) async fn execute(
        &self,
        request: &Request,
        format: Format,
        sink: &mut Sink,
        deadline: &Deadline,
        took: &mut Took,
    ) -> Result<(), Failure> {
        let mut connection = self.ready_connection(deadline, took).await?;
        let begun = Instant::now();
        let mut writer = match format {
            Format::Json => Json::array(),
            Format::Ndjson => Json::lines(),
        }
        .with_iso_8601();
        if self.is_bigint_text {
            writer = writer.with_bigint_as_text();
        }
        let session = connection.session();
        debug!(
            query = request.statement.name,
            parameters = request.params.len(),
            connection = session.connection_id,
            "executing"
        );
        let done = self
            .in_time(&mut connection, request, &mut writer, sink, deadline)
            .await;
        took.query = begun.elapsed();
        let done = match done {
            Ok(()) => in_what_is_left(deadline, sink.flush()).await,
            Err(failure) => {
                if sink.has_begun() {
                    // Whoever reads slowly is not waited for.
                    let cut = cut_off(&mut writer, &failure, sink);
                    let _told = timeout(deadline.grace(), cut).await;
                }
                Err(failure)
            }
        };
        self.give_back(connection, request, done.as_ref().err());
        done
    }

    /// One that lives, in a transaction if it may write. If it turns out to be lost by then, another one, once:
    /// nothing of the statement has been sent.
    async fn ready_connection(
        &self,
        deadline: &Deadline,
        took: &mut Took,
    ) -> Result<PooledConnection, Failure> {
        let begun = Instant::now();
        let ready = async {
            let mut connection = self.connection(deadline).await?;
            if !self.allow_writes {
                return Ok(connection);
            }
            if let Err(error) = connection.execute(START, ()).await {
                if !is_lost(&error) {
                    return Err(error.into());
                }
                drop(connection);
                connection = self.connection(deadline).await?;
                connection.execute(START, ()).await?;
            }
            Ok(connection)
        };
        let got = timeout_at(deadline.at, ready).await;
        took.acquire = begun.elapsed();
        let connection = got.unwrap_or_else(|_| {
            Err(Failure::deadline(
                "the database did not answer",
                deadline.limit,
            ))
        })?;
        took.reused = Some(connection.is_reused());
        Ok(connection)
    }

    /// One that lives. At the deadline the failure is what the server has refused a new one with, or how far that one
    /// had come.
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

    /// Ends the statement on the server when the time is up.
    async fn in_time(
        &self,
        connection: &mut Connection,
        request: &Request,
        writer: &mut Json,
        sink: &mut Sink,
        deadline: &Deadline,
    ) -> Result<(), Failure> {
        let cancel = connection.cancel_handle();
        let mut is_committing = false;
        let work = self.statement(
            connection,
            request,
            writer,
            sink,
            deadline,
            &mut is_committing,
        );
        match timeout_at(deadline.at, work).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(Stop::Failed(failure))) => return Err(failure),
            Ok(Err(Stop::OutOfTime)) | Err(_) => {}
        }
        if is_committing {
            return Err(
                Failure::deadline("the server did not answer the COMMIT", deadline.limit)
                    .with_hint(UNKNOWN_COMMIT),
            );
        }
        // Whatever the statement gives now does not count: MySQL's SLEEP succeeds when it is ended.
        let end = async {
            cancel.cancel().await?;
            connection.ping().await
        };
        let ended = match timeout(deadline.grace(), end).await {
            Ok(Ok(())) => "it has been ended on the server",
            Ok(Err(error)) => {
                warn!(%error, "the statement may go on on the server");
                "it may go on on the server, which could not be told"
            }
            Err(_) => "it may go on on the server, which could not be told in time",
        };
        Err(
            Failure::deadline("the statement did not come to its end", deadline.limit).with_hint(
                format!("{ended}: raise the function's Timeout, or ask for less"),
            ),
        )
    }

    async fn statement(
        &self,
        connection: &mut Connection,
        request: &Request,
        writer: &mut Json,
        sink: &mut Sink,
        deadline: &Deadline,
        is_committing: &mut bool,
    ) -> Result<(), Stop> {
        let summary = rows(connection, request, writer, sink, deadline).await?;
        check(deadline)?;
        if self.allow_writes {
            sink.check_answer()?;
            *is_committing = true;
            let committed = connection.execute("COMMIT", ()).await;
            committed.map_err(commit_failed)?;
        }
        match summary {
            // Behind the commit: until then it is not whole.
            None => writer.end(&mut sink.out),
            Some(summary) => {
                let summary = json!({
                    "affectedRows": summary.affected_rows,
                    "lastInsertId": summary.last_insert_id,
                    "warnings": summary.warnings,
                });
                sink.out.extend_from_slice(summary.to_string().as_bytes());
                sink.out.push(b'\n');
            }
        }
        sink.begin();
        Ok(())
    }

    /// Back to the pool, which rolls back, reads what is left and resets the session; or away with it.
    fn give_back(
        &self,
        mut connection: PooledConnection,
        request: &Request,
        failure: Option<&Failure>,
    ) {
        let is_left_in_the_middle = failure.is_some() && connection.is_replying();
        if is_left_in_the_middle {
            drop(connection.detach());
        } else if request.statement.is_ad_hoc {
            // What it has set or locked, in a function that it calls perhaps, would be there for the next caller.
            connection.reset_when_dropped();
        }
    }
}

const START: &str = "START TRANSACTION";

fn is_lost(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Closed | ErrorKind::Io(_) | ErrorKind::Unusable
    )
}

const UNKNOWN_COMMIT: &str = "whether it is committed is not known: see before you try again";

/// Where the server has not refused, it may have committed.
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

/// Why a statement has not come to its end.
enum Stop {
    Failed(Failure),
    /// The deadline has come.
    OutOfTime,
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Rows that are there already are read without waiting, and the timer is not asked meanwhile.
fn check(deadline: &Deadline) -> Result<(), Stop> {
    match deadline.has_come() {
        true => Err(Stop::OutOfTime),
        false => Ok(()),
    }
}

/// The last of a response is sent, also shortly after the deadline; but a caller who does not read it is not waited
/// for.
async fn in_what_is_left(
    deadline: &Deadline,
    sending: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let limit = deadline.left().saturating_add(deadline.grace());
    timeout(limit, sending).await.unwrap_or_else(|_| {
        Err(Failure::deadline(
            "the response was not read to its end",
            deadline.limit,
        ))
    })
}

/// How many rows are written between two looks at the clock.
const ROWS_UNCHECKED: u64 = 128;

/// The rows of its one result; or the summary of a statement that has none.
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
            if sink.rows.is_multiple_of(ROWS_UNCHECKED) {
                check(deadline)?;
            }
        }
    }
    while rows.next_result().await? {
        refuse_another(!rows.columns().is_empty())?;
        check(deadline)?;
    }
    let summary = rows.summary().cloned().unwrap_or_default();
    sink.warnings = summary.warnings;
    Ok((!has_rows).then_some(summary))
}

fn refuse_another(has_columns: bool) -> Result<(), Failure> {
    match has_columns {
        true => Err(Failure::new(
            Type::Statement,
            "the statement gives several results, and a response holds one",
        )
        .with_hint("call a procedure that gives one result")),
        false => Ok(()),
    }
}

/// No parser takes what was sent for whole, and a person reads why.
async fn cut_off(writer: &mut Json, failure: &Failure, sink: &mut Sink) {
    let reason = failure.public_json("").to_string();
    writer.cut_off(&mut sink.out);
    sink.out.extend_from_slice(reason.as_bytes());
    sink.out.push(b'\n');
    // If nobody reads any more, nobody takes it for whole.
    let _sent = sink.flush().await;
}
