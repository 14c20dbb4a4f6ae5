//! `/v1/batch`: several statements in one transaction.

use axum::http::StatusCode;
use rds_bridge::ErrorKind;
use rds_bridge::mysql::{Connection, Transaction, first_keyword};

use super::accept::Format;
use super::error::ApiError;
use super::idempotency::{Answer, Once};
use super::request::Statement;
use super::rows::{Destination, RowWriter, Stop, Written, whole};
use crate::execution::{Allowance, Failure, Lease, TimeLimit};

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
        allowance: lease.limits().whole(),
    };
    let time = lease.time_limit().clone();
    let connection = lease.begin_reading();
    let connection = connection.map_err(|it| ApiError::before_statement(&it))?;
    let executing = in_transaction(connection, work, &mut writing, &time);
    let (answer, replies) = match time.wait(executing).await {
        Ok(done) => done,
        Err(late) => (
            Err(ApiError::of_statement(
                &rolled_back(&time, work.statements).unwrap_or(late),
            )),
            Replies::Unread,
        ),
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
    Failed(ApiError),
}

impl Early {
    /// The statement at this index of the batch ended it.
    fn of_number(self, index: usize) -> Self {
        match self {
            Self::Unread(error) => Self::Unread(error.of_number(index)),
            Self::Failed(error) => Self::Failed(error.of_number(index)),
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
            let answer = answer.map_err(|error| failed(&Failure::Database(error)));
            (answer, Replies::Read)
        }
        Err(Early::Unread(error)) => (Err(error), Replies::Unread),
        ended => {
            // If this fails, the server rolls back with the end of the connection.
            let _ended = transaction.roll_back().await;
            let answer = ended.map_err(|early| match (early, rolled_back(time, work.statements)) {
                (_, Some(late)) => ApiError::of_statement(&late),
                (Early::Failed(error) | Early::Unread(error), None) => error,
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
    let Writing {
        destination,
        allowance,
    } = writing;
    let written = writer
        .execute(transaction, statement, *destination, allowance)
        .await;
    let written = written.map_err(early)?;
    if !transaction.is_in_transaction() {
        return Err(Early::Failed(ended_early()));
    }
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
    match statements.position(|it| may_end_transaction(&it.sql)) {
        Some(index) => Err(ApiError::not_in_transaction().of_number(index)),
        None => Ok(()),
    }
}

/// Refuses a statement that would commit its key before it is executed.
pub(super) fn check_with_key(statement: &Statement) -> Result<(), ApiError> {
    match may_end_transaction(&statement.sql) {
        true => Err(ApiError::not_with_key()),
        false => Ok(()),
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
        let written = execute_one(transaction, statement, body, writing).await;
        body = written.map_err(|stop| early(stop).of_number(index))?;
        if !transaction.is_in_transaction() {
            return Err(Early::Failed(ended_early()).of_number(index));
        }
    }
    body.extend_from_slice(b"]}\n");
    Ok(body)
}

async fn execute_one(
    transaction: &mut Transaction<'_>,
    statement: &Statement,
    body: Vec<u8>,
    writing: &mut Writing,
) -> Result<Vec<u8>, Stop> {
    let mut writer = RowWriter::new(Format::Json).map_err(Stop::Unread)?;
    writer.out = body;
    let Writing {
        destination,
        allowance,
    } = writing;
    writer
        .execute(transaction, statement, *destination, allowance)
        .await?;
    Ok(writer.out)
}

fn early(stop: Stop) -> Early {
    match stop {
        Stop::Database(failure) => Early::Failed(failed(&failure)),
        Stop::Unread(error) => Early::Unread(error),
        // What is written to memory is always read.
        Stop::Abandoned => Early::Failed(ended_early()),
    }
}

fn failed(failure: &Failure) -> ApiError {
    match failure {
        Failure::Database(error) if matches!(error.kind(), ErrorKind::TransactionEnded) => {
            ended_early()
        }
        failure => ApiError::of_statement(failure),
    }
}

fn ended_early() -> ApiError {
    let problem = "the statement ended the transaction: the batch's earlier changes are committed or rolled back";
    ApiError::unsupported_result(problem).with_hint("call no procedure that commits or rolls back")
}

/// Whether a statement may end the transaction. Those that read and write rows do not (MySQL Reference Manual,
/// "Statements That Cause an Implicit Commit").
fn may_end_transaction(sql: &str) -> bool {
    const KEYWORDS: [&str; 16] = [
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "REPLACE",
        "WITH",
        "VALUES",
        "TABLE",
        "CALL",
        "DO",
        "SHOW",
        "EXPLAIN",
        "DESCRIBE",
        "DESC",
        "SAVEPOINT",
        "RELEASE",
    ];
    let keyword = first_keyword(sql).unwrap_or_default();
    let is_of_rows = KEYWORDS.iter().any(|it| it.eq_ignore_ascii_case(keyword));
    !is_of_rows && !sets_user_variable(sql, keyword)
}

/// The failure of a batch that took too long, if its transaction is known to be rolled back. A procedure may have
/// committed what precedes it.
fn rolled_back(time: &TimeLimit, statements: &[Statement]) -> Option<Failure> {
    let calls = |it: &Statement| {
        first_keyword(&it.sql).is_some_and(|word| word.eq_ignore_ascii_case("CALL"))
    };
    time.ended().filter(|_| !statements.iter().any(calls))
}

/// `SET @a = …`; other settings may commit, such as `autocommit`.
fn sets_user_variable(sql: &str, keyword: &str) -> bool {
    let Some((_, after)) = sql.split_once(keyword) else {
        return false;
    };
    let after = after.trim_start();
    keyword.eq_ignore_ascii_case("SET") && after.starts_with('@') && !after.starts_with("@@")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_rows_stay_in_the_transaction() {
        for sql in [
            "select 1",
            "/* c */ INSERT INTO t VALUES (1)",
            "WITH a AS (SELECT 1) SELECT 1",
            "(SELECT 1) UNION (SELECT 2)",
            "SET @a = 1",
            "SAVEPOINT a",
        ] {
            assert!(!may_end_transaction(sql), "{sql}");
        }
        for sql in [
            "CREATE TABLE t (a INT)",
            "TRUNCATE t",
            "COMMIT",
            "ROLLBACK",
            "BEGIN",
            "START TRANSACTION",
            "SET autocommit = 1",
            "SET @@autocommit = 1",
            "LOCK TABLES t READ",
            "ALTER TABLE t ADD b INT",
            "/*!50000 COMMIT */",
            "XA END 'a'",
            "",
        ] {
            assert!(may_end_transaction(sql), "{sql}");
        }
    }
}
