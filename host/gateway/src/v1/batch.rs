//! `/v1/batch`: several statements in one transaction.

use rds_bridge::ErrorKind;
use rds_bridge::mysql::{Connection, Transaction, first_keyword};

use super::accept::Format;
use super::error::ApiError;
use super::request::Statement;
use super::rows::{Destination, RowWriter, Stop, whole};
use crate::execution::{Allowance, Failure, Lease};

/// Executes the statements in one transaction, and returns the JSON of their results. If one fails, all are rolled
/// back. The lease's limits are those of all results together.
pub(super) async fn execute(
    lease: &mut Lease,
    statements: &[Statement],
) -> Result<Vec<u8>, ApiError> {
    let mut writing = Writing {
        destination: whole(lease),
        allowance: lease.limits().whole(),
    };
    let connection = lease.begin_reading();
    let connection = connection.map_err(|it| ApiError::before_statement(&it))?;
    let (results, replies) = in_transaction(connection, statements, &mut writing).await;
    match replies {
        Replies::Read => lease.end_reading(),
        // The lease kills the statement.
        Replies::Unread => {}
    }
    results
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

async fn in_transaction(
    connection: &mut Connection,
    statements: &[Statement],
    writing: &mut Writing,
) -> (Result<Vec<u8>, ApiError>, Replies) {
    let mut transaction = match connection.transaction().await {
        Ok(transaction) => transaction,
        Err(error) => {
            let failure = Failure::Database(error);
            return (Err(ApiError::before_statement(&failure)), Replies::Read);
        }
    };
    match execute_all(&mut transaction, statements, writing).await {
        Ok(results) => {
            let committed = transaction.commit().await;
            let results = committed.map(|()| results);
            let results = results.map_err(|error| failed(&Failure::Database(error)));
            (results, Replies::Read)
        }
        Err((Early::Unread(error), index)) => (Err(error.of_number(index)), Replies::Unread),
        Err((Early::Failed(error), index)) => {
            // If this fails, the server rolls back with the end of the connection.
            let _ended = transaction.roll_back().await;
            (Err(error.of_number(index)), Replies::Read)
        }
    }
}

/// Refuses statements that would commit the transaction, before the first one is executed.
pub(super) fn check(statements: &[Statement]) -> Result<(), ApiError> {
    let mut statements = statements.iter();
    match statements.position(|it| may_end_transaction(&it.sql)) {
        Some(index) => Err(ApiError::not_in_transaction().of_number(index)),
        None => Ok(()),
    }
}

async fn execute_all(
    transaction: &mut Transaction<'_>,
    statements: &[Statement],
    writing: &mut Writing,
) -> Result<Vec<u8>, (Early, usize)> {
    let mut body = b"{\"results\":[".to_vec();
    for (index, statement) in statements.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let written = execute_one(transaction, statement, body, writing).await;
        body = written.map_err(|stop| (early(stop), index))?;
        if !transaction.is_in_transaction() {
            return Err((Early::Failed(ended_early()), index));
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
