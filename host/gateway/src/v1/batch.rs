//! `/v1/batch`: several statements in one transaction.

use std::pin::pin;

use axum::http::StatusCode;
use rds_bridge::mysql::{Connection, Transaction};
use rds_bridge::{Error, ErrorKind};

use super::accept::Format;
use super::error::ApiError;
use super::idempotency::{Answer, Once};
use super::request::Statement;
use super::rows::{Destination, RowWriter, Stop, Written, whole};
use crate::execution::{Allowance, Effect, Failure, Lease, TimeLimit, is_marked, mark};

/// What is executed in one transaction.
pub(super) struct Work<'a> {
    pub(super) statements: &'a [Statement],
    pub(super) shape: Shape,
    pub(super) once: Option<&'a Once<'a>>,
}

/// What the answer looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// The JSON of all results.
    Results,
    /// The result of the only statement.
    One(Format),
}

/// Executes the statements in one transaction. If one fails, all are rolled back. The lease's limits are those of all
/// results together.
pub(super) async fn execute(lease: &mut Lease, work: &Work<'_>) -> Result<Answer, ApiError> {
    let mut writing = Writing {
        destination: whole(lease),
        allowance: lease.whole(),
    };
    let time = lease.time_limit().clone();
    let connection = lease.begin_reading(work.statements.iter().map(|it| &*it.sql));
    let connection = connection.map_err(|it| ApiError::before_statement(&it))?;
    let done = {
        let executing = pin!(in_transaction(connection, work, &mut writing, &time));
        time.wait(executing).await
    };
    let (answer, replies) = match done {
        Ok(done) => done,
        Err(late) => {
            let calls = work.statements.iter().any(|it| may_end(&it.sql));
            // A procedure may have committed what precedes it.
            let rolled_back = time.ended().filter(|_| !calls);
            let failure = rolled_back.unwrap_or(late);
            (Err(ApiError::of_statement(&failure)), Replies::Unread)
        }
    };
    match replies {
        Replies::Read => lease.end_reading(),
        // The lease kills the statement.
        Replies::Unread => {}
    }
    match work.once {
        Some(_) => answer.map_err(ApiError::of_request_with_key),
        None => answer,
    }
}

/// Where the results go, and how much of them.
struct Writing {
    destination: Destination<'static>,
    allowance: Allowance,
}

/// Whether the connection still executes a statement.
enum Replies {
    Read,
    Unread,
}

/// Why a batch ends early.
enum Early {
    /// The rest of the statement's reply was not read.
    Unread(ApiError),
    /// The transaction is open, or the server has rolled it back.
    Failed(ApiError),
    /// The statement has ended the transaction, and may have committed it.
    Ended(ApiError),
}

impl Early {
    /// The statement at this index of the batch ended it.
    fn of_number(self, index: usize) -> Self {
        match self {
            Self::Unread(error) => Self::Unread(error.of_number(index)),
            Self::Failed(error) => Self::Failed(error.of_number(index)),
            Self::Ended(error) => Self::Ended(error.of_number(index)),
        }
    }
}

async fn in_transaction(
    connection: &mut Connection,
    work: &Work<'_>,
    writing: &mut Writing,
    time: &TimeLimit,
) -> (Result<Answer, ApiError>, Replies) {
    if let Some(once) = work.once
        && let Err(error) = once.prepare(connection).await
    {
        return (Err(error), Replies::Read);
    }
    let mut transaction = match connection.transaction().await {
        Ok(transaction) => transaction,
        Err(error) => {
            let failure = Failure::Database(error);
            return (Err(ApiError::before_statement(&failure)), Replies::Read);
        }
    };
    let executed = execute_claimed(&mut transaction, work, writing).await;
    let executed = executed.and_then(|answer| match time.stop() {
        Ok(()) => Ok(answer),
        Err(late) => Err(Early::Failed(ApiError::of_statement(&late))),
    });
    match executed {
        Ok(answer) if !answer.is_repeated => {
            let committed = transaction.commit().await;
            let answer = committed.map(|()| answer);
            let answer = answer.map_err(not_committed);
            (answer, Replies::Read)
        }
        Err(Early::Unread(error)) => (Err(error), Replies::Unread),
        ended => {
            // If this fails, the server rolls back with the end of the connection.
            let _ended = transaction.roll_back().await;
            let answer = ended.map_err(|early| match (early, time.ended()) {
                (Early::Failed(_), Some(late)) => ApiError::of_statement(&late),
                (Early::Failed(error) | Early::Ended(error) | Early::Unread(error), _) => error,
            });
            (answer, Replies::Read)
        }
    }
}

/// Executes the statements, unless an earlier request has the same key: then this has its answer.
async fn execute_claimed(
    transaction: &mut Transaction<'_>,
    work: &Work<'_>,
    writing: &mut Writing,
) -> Result<Answer, Early> {
    if let Some(once) = work.once {
        let claimed = once.claim(transaction).await;
        if let Some(stored) = claimed.map_err(Early::Failed)? {
            return Ok(stored);
        }
    }
    let answer = match (work.shape, work.statements) {
        (Shape::One(format), [statement]) => {
            execute_alone(transaction, statement, format, writing).await?
        }
        _ => Answer {
            status: StatusCode::OK,
            body: execute_all(transaction, work.statements, writing).await?,
            is_repeated: false,
        },
    };
    if let Some(once) = work.once {
        let stored = once.store(transaction, &answer).await;
        stored.map_err(Early::Failed)?;
    }
    Ok(answer)
}

/// Executes the only statement, whose result is the answer.
async fn execute_alone(
    transaction: &mut Transaction<'_>,
    statement: &Statement,
    format: Format,
    writing: &mut Writing,
) -> Result<Answer, Early> {
    let mut writer = RowWriter::new(format).map_err(Early::Failed)?;
    let written = execute_one(transaction, statement, &mut writer, writing).await?;
    let is_empty = written == Written::Summary && writer.out.is_empty();
    Ok(Answer {
        status: match is_empty {
            true => StatusCode::NO_CONTENT,
            false => StatusCode::OK,
        },
        body: writer.out,
        is_repeated: false,
    })
}

/// Refuses statements that would commit the transaction, before the first one is executed.
pub(super) fn check(statements: &[Statement]) -> Result<(), ApiError> {
    let mut statements = statements.iter();
    match statements.position(|it| !may_be_in_transaction(&it.sql)) {
        Some(index) => Err(ApiError::not_in_transaction().of_number(index)),
        None => Ok(()),
    }
}

/// Refuses a statement that would commit its key before it is executed.
pub(super) fn check_with_key(statement: &Statement) -> Result<(), ApiError> {
    if may_be_in_transaction(&statement.sql) {
        Ok(())
    } else {
        Err(ApiError::not_with_key())
    }
}

async fn execute_all(
    transaction: &mut Transaction<'_>,
    statements: &[Statement],
    writing: &mut Writing,
) -> Result<Vec<u8>, Early> {
    let mut body = b"{\"results\":[".to_vec();
    for (index, statement) in statements.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let mut writer = RowWriter::new(Format::Json).map_err(Early::Unread)?;
        writer.out = body;
        let executed = execute_one(transaction, statement, &mut writer, writing).await;
        executed.map_err(|early| early.of_number(index))?;
        body = writer.out;
    }
    body.extend_from_slice(b"]}\n");
    Ok(body)
}

/// Executes a statement, and finds out whether the transaction goes on.
async fn execute_one(
    transaction: &mut Transaction<'_>,
    statement: &Statement,
    writer: &mut RowWriter,
    writing: &mut Writing,
) -> Result<Written, Early> {
    let may_end = may_end(&statement.sql);
    if may_end {
        let marked = mark(transaction).await;
        let failed = |error| Early::Failed(ApiError::of_statement(&Failure::Database(error)));
        marked.map_err(failed)?;
    }
    let Writing {
        destination,
        allowance,
    } = writing;
    let written = writer
        .execute(transaction, statement, *destination, allowance)
        .await;
    let executed = match written {
        Ok(written) => Ok(written),
        Err(Stop::Database(failure)) => Err(failure),
        Err(Stop::Unread(error)) if may_end => return Err(Early::Unread(error.of_procedure())),
        Err(Stop::Unread(error)) => return Err(Early::Unread(error)),
        // What is written to memory is always read.
        Err(Stop::Abandoned) => return Err(ended(None)),
    };
    let goes_on = if may_end && transaction.is_usable() {
        is_marked(transaction).await
    } else {
        // After an error, the server has rolled back the statement or the transaction.
        executed.is_err() || transaction.is_in_transaction()
    };
    match (executed, goes_on) {
        (Ok(written), true) => Ok(written),
        (Err(failure), true) => {
            let error = ApiError::of_statement(&failure);
            let is_known = !may_end || transaction.is_usable();
            Err(if is_known {
                Early::Failed(error)
            } else {
                Early::Ended(error)
            })
        }
        (executed, false) => Err(ended(executed.err())),
    }
}

/// Whether a statement is allowed in a transaction. A procedure may end it, which the server then tells.
fn may_be_in_transaction(sql: &str) -> bool {
    matches!(
        Effect::of(sql),
        Effect::Reads | Effect::Keeps | Effect::Calls
    )
}

/// Whether the server is asked after the statement if the transaction goes on.
fn may_end(sql: &str) -> bool {
    Effect::of(sql) == Effect::Calls
}

fn ended(failure: Option<Failure>) -> Early {
    let ended = Failure::TransactionEnded(failure.map(Box::new));
    Early::Ended(ApiError::of_statement(&ended))
}

fn not_committed(error: Error) -> ApiError {
    match error.kind() {
        ErrorKind::TransactionEnded => ApiError::of_statement(&Failure::TransactionEnded(None)),
        _ => ApiError::of_statement(&Failure::Database(error)),
    }
}
