//! Executes a statement and encodes its rows, a piece at a time.

use std::pin::pin;

use axum::body::Bytes;
use rds_bridge::Error;
use rds_bridge::mysql::{Connection, Params, Protocol, Rows, Summary};
use rds_bridge_formats::json::{Json, write_summary};
use rds_bridge_formats::{Encoder, TextOptions};
use tokio::sync::mpsc::Sender;

use super::accept::Format;
use super::error::ApiError;
use super::request::Statement;
use crate::execution::{Allowance, Failure, Lease, Outcome, TimeLimit};

/// The length of a piece, in bytes: large enough for few writes, small enough for a short wait.
const PIECE: usize = 64 << 10;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The rows of a result.
    Rows,
    /// What a statement without a result has done; nothing in the formats of rows alone.
    Summary,
}

/// Why a result ended early.
#[derive(Debug)]
pub(super) struct CutOff {
    pub(super) error: ApiError,
    /// What follows the pieces that were sent: complete rows, and a mark that no reader of the format accepts.
    pub(super) rest: Vec<u8>,
}

/// Why the rows ended early.
pub(super) enum Stop {
    /// The reply is over, or the connection is.
    Database(Failure),
    /// The rest of the result was not read. The statement may still be running.
    Unread(ApiError),
    /// The reader of the pieces was dropped.
    Abandoned,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<rds_bridge_formats::Error> for Stop {
    fn from(error: rds_bridge_formats::Error) -> Self {
        Self::Unread(ApiError::unsupported_result(format!(
            "the result cannot be written in this format: {error}"
        )))
    }
}

/// Where the rows go.
#[derive(Clone, Copy)]
pub(super) enum Destination<'a> {
    /// In pieces to a client, who takes them at its own pace.
    Streamed(&'a Sender<Bytes>),
    /// To memory.
    Whole { can_stream: bool },
}

/// A statement's rows in one format.
pub(super) struct RowWriter {
    format: Format,
    encoder: Encoder,
    pub(super) out: Vec<u8>,
    has_begun: bool,
}

impl RowWriter {
    pub(super) fn new(format: Format) -> Result<Self, ApiError> {
        let encoder = match format {
            Format::Json => Encoder::Text(Box::new(Json::array().with_iso_8601())),
            Format::Ndjson => Encoder::Text(Box::new(Json::lines().with_iso_8601())),
            Format::Csv => encoder(rds_bridge_formats::Format::Csv)?,
            #[cfg(feature = "arrow")]
            Format::ArrowStream => encoder(rds_bridge_formats::Format::ArrowStream)?,
        };
        Ok(Self {
            format,
            encoder,
            out: Vec::new(),
            has_begun: false,
        })
    }

    /// Executes the statement, and writes its result. All replies of the server are then read.
    pub(super) async fn execute(
        &mut self,
        connection: &mut Connection,
        statement: &Statement,
        destination: Destination<'_>,
        allowance: &mut Allowance,
    ) -> Result<Written, Stop> {
        // Exact values: in the text protocol the server rounds a FLOAT.
        connection.set_protocol(Protocol::Binary);
        let sql = &statement.sql;
        let mut rows = match statement.values.params() {
            Params::None => connection.query(sql).await?,
            params => connection.query_with(sql, params).await?,
        };
        let has_rows = !rows.columns().is_empty();
        if has_rows {
            self.encoder.begin(rows.columns(), &mut self.out)?;
            self.has_begun = true;
            while let Some(row) = rows.next().await? {
                let too_large = |failure: Failure| destination.too_large(&failure);
                allowance
                    .take(row.encoded_length(), row.columns().len())
                    .map_err(too_large)?;
                self.encoder.row(&row, &mut self.out)?;
                destination.take(&mut self.out).await?;
                if let Destination::Whole { .. } = destination {
                    let checked = allowance.check_written(self.out.len());
                    checked.map_err(too_large)?;
                }
            }
        }
        let summary = last_summary(&mut rows).await?;
        match has_rows {
            true => {
                self.encoder.end(&mut self.out);
                self.encoder.finish(&mut self.out)?;
                Ok(Written::Rows)
            }
            false => {
                self.write_summary(&summary);
                Ok(Written::Summary)
            }
        }
    }

    fn write_summary(&mut self, summary: &Summary) {
        match self.format {
            Format::Json | Format::Ndjson => write_summary(summary, &mut self.out),
            Format::Csv => {}
            #[cfg(feature = "arrow")]
            Format::ArrowStream => {}
        }
    }

    /// Ends a response that has begun, so that no reader takes it for complete.
    fn cut_off(mut self, error: ApiError) -> CutOff {
        if self.has_begun {
            self.encoder.cut_off(true, &mut self.out);
            if self.format == Format::Ndjson {
                // The line's object is never closed, so that it is no row.
                self.out.extend_from_slice(error.json().as_bytes());
                self.out.push(b'\n');
            }
        }
        CutOff {
            error,
            rest: self.out,
        }
    }
}

fn encoder(format: rds_bridge_formats::Format) -> Result<Encoder, ApiError> {
    let encoder = format.encoder(&TextOptions::default());
    encoder.map_err(|error| ApiError::unsupported_result(error.to_string()))
}

/// Executes a statement on a connection of its own, and sends its rows. The connection is free before the last piece is
/// taken.
pub(super) async fn send(
    mut lease: Lease,
    statement: Statement,
    format: Format,
    pieces: Sender<Bytes>,
) -> Result<Written, CutOff> {
    let mut writer = RowWriter::new(format).map_err(without_rows)?;
    let (time, outcome) = (lease.time_limit().clone(), lease.outcome_of_rows());
    let (destination, mut allowance) = match format {
        Format::Json => (whole(&lease), lease.whole()),
        _ => (Destination::Streamed(&pieces), lease.streamed()),
    };
    let connection = lease.begin_reading([&*statement.sql]);
    let connection = connection.map_err(|it| without_rows(ApiError::of_statement(&it)))?;
    let done = {
        let executing = pin!(writer.execute(connection, &statement, destination, &mut allowance));
        time.wait(executing).await
    };
    let done = match done {
        Ok(done) => judged(done, &time, &statement.sql, outcome),
        // The lease kills the statement.
        Err(late) => return Err(writer.cut_off(ApiError::of_statement(&late))),
    };
    let written = match done {
        Ok(written) => written,
        Err(Stop::Database(failure)) => {
            lease.end_reading_after(&failure);
            return Err(writer.cut_off(ApiError::of_statement(&failure)));
        }
        Err(Stop::Unread(error)) => return Err(writer.cut_off(error)),
        // The lease kills the statement.
        Err(Stop::Abandoned) => return Ok(Written::Rows),
    };
    lease.end_reading();
    if lease.is_in_transaction() {
        return Err(writer.cut_off(left_open()));
    }
    drop(lease);
    if !writer.out.is_empty() {
        // It fails if the reader was dropped.
        let _sent = pieces.send(writer.out.into()).await;
    }
    Ok(written)
}

/// To memory. A stream has a larger limit, unless the grant has one.
pub(super) fn whole(lease: &Lease) -> Destination<'static> {
    Destination::Whole {
        can_stream: lease.limits().stream_bytes.is_none(),
    }
}

/// The result of a statement that may have been killed because it took too long.
fn judged(
    done: Result<Written, Stop>,
    time: &TimeLimit,
    sql: &str,
    outcome: Outcome,
) -> Result<Written, Stop> {
    let reply = match done {
        Ok(written) => Ok(written),
        Err(Stop::Database(failure)) => Err(failure),
        Err(stop) => return Err(stop),
    };
    let judged = time.judge(reply, sql, |written| match written {
        Written::Rows => Some(outcome),
        Written::Summary => None,
    });
    judged.map_err(Stop::Database)
}

fn without_rows(error: ApiError) -> CutOff {
    CutOff {
        error,
        rest: Vec::new(),
    }
}

fn left_open() -> ApiError {
    ApiError::invalid_request("the statement left a transaction open, which was rolled back")
        .with_hint("send all statements of a transaction in one request to /v1/batch")
}

/// Reads the rest of the reply. A second result with columns is an error.
async fn last_summary(rows: &mut Rows<'_>) -> Result<Summary, Stop> {
    while rows.next_result().await? {
        if !rows.columns().is_empty() {
            let problem = "the statement returns several results, but a response contains one";
            let error = ApiError::unsupported_result(problem);
            let hint = "call a procedure that returns one result";
            return Err(Stop::Unread(error.with_hint(hint)));
        }
    }
    Ok(rows.summary().cloned().unwrap_or_default())
}

impl Destination<'_> {
    fn too_large(&self, failure: &Failure) -> Stop {
        let error = ApiError::of_statement(failure);
        let is_for_memory = matches!(failure, Failure::ResultTooLarge { .. });
        Stop::Unread(match self {
            Self::Whole { can_stream: true } if is_for_memory => {
                error.with_hint("accept application/x-ndjson or text/csv, which are streamed")
            }
            _ => error,
        })
    }

    /// Sends the bytes, if they are enough for a piece.
    async fn take(&self, out: &mut Vec<u8>) -> Result<(), Stop> {
        let Self::Streamed(pieces) = self else {
            return Ok(());
        };
        if out.len() < PIECE {
            return Ok(());
        }
        let piece = std::mem::take(out);
        pieces.send(piece.into()).await.map_err(|_| Stop::Abandoned)
    }
}
