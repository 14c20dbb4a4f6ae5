//! The choice between the text protocol and the binary protocol for a statement.
//!
//! Measured on MariaDB (`just bench-rows`, `just bench-latency`): the server encodes the rows of a long result 2.5
//! times faster in the binary protocol, which saves 0.4 µs for a row of six columns. But a statement must be prepared
//! before it is executed. That costs 12 µs, and a round trip if the two commands cannot be sent together. MySQL encodes
//! a long result about twice as fast in the binary protocol (`just bench-export`).

/// How statements without parameters are executed. With parameters, they are always prepared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// Binary if it costs no extra round trip, or if the statement's last result was long; else text. The connections
    /// of a [`crate::Bridge`] share their knowledge of the lengths of results.
    ///
    /// | statement | server | executed |
    /// |---|---|---|
    /// | it is prepared already on this connection | any | binary: one round trip |
    /// | a query (`SELECT`, `WITH`, `TABLE`, `VALUES`) whose last result had 1,000 rows or more | any | binary: two round trips, once on a connection; one as below |
    /// | a query whose last result had fewer rows, for the first time on this connection | any | text: one round trip |
    /// | a query without a `?`, up to 16 KiB | MariaDB, if the statement that was prepared before it was such a query
    /// too; MySQL, as below, without `@@` in the query | binary: prepared and executed in one round trip |
    /// | any other | any | text: one round trip |
    ///
    /// MySQL executes a statement by its id. The next id can be predicted, since MySQL numbers the statements of a
    /// connection, until a statement such as `CALL` or `PREPARE` may have prepared others. The prediction is used only
    /// if the endpoint's name is that of an RDS instance or cluster, for which the server's certificate has been
    /// verified: proxies do not expect two commands at once.
    ///
    /// A [`crate::Bridge`] to an RDS Proxy uses [`Self::Text`] instead: a prepared statement pins the proxy's
    /// connection.
    ///
    /// Values are the same in both protocols, except `FLOAT`: in text the server rounds it to six digits, in binary
    /// it is exact.
    #[default]
    Auto,
    /// `COM_QUERY`: one round trip.
    Text,
    /// `COM_STMT_PREPARE` and `COM_STMT_EXECUTE`. The first execution takes two round trips, or one where
    /// [`Self::Auto`] needs only one; further executions take one. A statement that cannot be prepared is sent as text.
    Binary,
}

/// Keywords of statements that return rows and can be prepared.
const QUERIES: [&str; 4] = ["SELECT", "WITH", "TABLE", "VALUES"];
/// Keywords of other statements that leave the session's database and settings as they are.
const OTHERS: [&str; 15] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "SHOW",
    "EXPLAIN",
    "DESCRIBE",
    "DESC",
    "ANALYZE",
    "START",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "KILL",
];

/// Whether a statement is a query, which can be prepared.
pub(crate) fn is_query(sql: &str) -> bool {
    begins_with(sql, &QUERIES)
}

/// Whether a statement only reads, apart from the functions that it calls. `WITH` may begin an `UPDATE`.
pub(crate) fn only_reads(sql: &str) -> bool {
    begins_with(sql, &["SELECT", "TABLE", "VALUES"])
}

/// Whether a statement may prepare others, which then have ids of this connection: as `PREPARE` does, and `CALL` of a
/// procedure that does. Functions and triggers cannot.
pub(crate) fn may_prepare(sql: &str) -> bool {
    may_change_session(sql) && !begins_with(sql, &["SET", "USE"])
}

/// Whether a statement begins a transaction: it changes no data, and what it begins ends with the connection.
pub(crate) fn begins_transaction(sql: &str) -> bool {
    let words = first_words(sql);
    let words = [&*words[0], &*words[1], &*words[2]];
    matches!(
        words,
        ["START", "TRANSACTION", _] | ["BEGIN", "", ""] | ["BEGIN", "WORK", ""]
    )
}

/// Whether a statement begins or ends a whole transaction. Statements about savepoints do not.
pub(crate) fn controls_transaction(sql: &str) -> bool {
    let words = first_words(sql);
    match [&*words[0], &*words[1], &*words[2]] {
        ["COMMIT", _, _] => true,
        ["ROLLBACK", "TO", _] | ["ROLLBACK", "WORK", "TO"] => false,
        ["ROLLBACK", _, _] => true,
        _ => begins_transaction(sql),
    }
}

/// The first three words of a statement, in upper case. Missing ones are empty.
fn first_words(sql: &str) -> [String; 3] {
    let sql = skip_leading_comments(sql).unwrap_or_default();
    let sql = sql.trim_end_matches(|end: char| end == ';' || end.is_ascii_whitespace());
    let mut words = sql.split_ascii_whitespace().map(str::to_ascii_uppercase);
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

/// Whether the statement may change the session's database or settings. This is true of `USE`, `SET`, and every
/// statement that is not known to keep them.
pub(crate) fn may_change_session(sql: &str) -> bool {
    // Not for every BEGIN: MariaDB's BEGIN NOT ATOMIC executes the statements of its block.
    !is_query(sql) && !begins_with(sql, &OTHERS) && !begins_transaction(sql)
}

/// The first word of a statement, after spaces, parentheses and comments. `None` if a comment does not end, or is one
/// that servers execute (`/*! … */`).
///
/// ```
/// use rds_bridge::mysql::first_keyword;
///
/// assert_eq!(first_keyword("-- all\n(SELECT 1)"), Some("SELECT"));
/// ```
#[must_use]
pub fn first_keyword(sql: &str) -> Option<&str> {
    let statement = skip_leading_comments(sql)?;
    let end = statement.find(|character: char| !character.is_ascii_alphabetic());
    statement.get(..end.unwrap_or(statement.len()))
}

fn begins_with(sql: &str, keywords: &[&str]) -> bool {
    let Some(word) = first_keyword(sql) else {
        return false;
    };
    keywords
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// The statement without its leading spaces, parentheses and comments; `None` if a comment does not end.
fn skip_leading_comments(mut sql: &str) -> Option<&str> {
    loop {
        sql = sql.trim_start_matches(|character: char| {
            character.is_ascii_whitespace() || character == '('
        });
        let rest = if let Some(comment) = sql.strip_prefix("/*") {
            // MySQL executes the content of /*! … */, and MariaDB that of /*M! … */.
            if comment.starts_with('!') || comment.starts_with("M!") {
                return None;
            }
            comment.split_once("*/")?.1
        } else if sql.starts_with('#') || sql.starts_with("-- ") {
            sql.split_once('\n')?.1
        } else {
            return Some(sql);
        };
        sql = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_begin() {
        for sql in [
            "START TRANSACTION",
            "start transaction read only",
            "BEGIN;",
            " begin work",
        ] {
            assert!(begins_transaction(sql), "{sql}");
        }
        for sql in [
            "START REPLICA",
            "BEGIN NOT ATOMIC",
            "BEGIN WORK x",
            "COMMIT",
            "",
        ] {
            assert!(!begins_transaction(sql), "{sql}");
        }
    }

    #[test]
    fn transactions_are_controlled() {
        for sql in [
            "COMMIT",
            "-- now\nrollback;",
            "ROLLBACK WORK AND CHAIN",
            "/* x */ START TRANSACTION READ ONLY",
            "begin",
        ] {
            assert!(controls_transaction(sql), "{sql}");
        }
        for sql in [
            "ROLLBACK TO a",
            "rollback work to savepoint a",
            "SAVEPOINT a",
            "RELEASE SAVEPOINT a",
            "BEGIN NOT ATOMIC SELECT 1; END",
            "START REPLICA",
            "SELECT 1",
            "",
        ] {
            assert!(!controls_transaction(sql), "{sql}");
        }
    }

    #[test]
    fn queries_and_others() {
        for sql in [
            "SELECT 1",
            " \n\tselect*from t",
            "(SELECT 1) UNION (SELECT 2)",
            "/*Me*/ -- why\n# what\nWith x AS (SELECT 1) SELECT * FROM x",
            "TABLE t",
            "VALUES ROW(1)",
        ] {
            assert!(is_query(sql), "{sql}");
        }
        for sql in [
            "",
            "SELECTED",
            "SHOW TABLES",
            "CALL p()",
            "/* SELECT",
            "-- SELECT",
            "/*!50000 SELECT */ 1",
            "/*M!100000 SELECT */ 1",
            "SET @a = (SELECT 1)",
            "ſelect 1",
        ] {
            assert!(!is_query(sql), "{sql}");
        }
        for sql in [
            "USE b",
            "set names latin1",
            "/*!50000 SET x = 1 */",
            "CALL p()",
            "EXECUTE p",
            "",
        ] {
            assert!(may_change_session(sql), "{sql}");
        }
        for sql in [
            "SELECT 1",
            "insert into t values (1)",
            "(SELECT 1)",
            "COMMIT",
        ] {
            assert!(!may_change_session(sql), "{sql}");
        }
    }
}
