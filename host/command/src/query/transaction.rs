//! Decides whether statements that write run in a transaction.

use rds_bridge::mysql::first_keyword;

/// The transaction around the statements of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    /// None: the statements commit implicitly, or are read-only.
    None,
    /// A transaction that is committed when the statements are complete, and rolled back if one fails.
    Own,
    /// As [`Self::Own`], but some of the statements commit implicitly, also what was executed before them.
    WithImplicitCommits,
}

/// Statements that commit implicitly, that begin or end a transaction, or that change the session: MySQL Reference
/// Manual, "Statements That Cause an Implicit Commit". `CALL` is not among them: if a procedure fails, its changes are
/// rolled back, except those that it committed itself.
const NOT_TRANSACTIONAL: [&str; 37] = [
    "ALTER",
    "BACKUP",
    "BEGIN",
    "BINLOG",
    "CACHE",
    "CHANGE",
    "CHECK",
    "CLONE",
    "COMMIT",
    "CREATE",
    "DROP",
    "FLUSH",
    "GRANT",
    "IMPORT",
    "INSTALL",
    "KILL",
    "LOCK",
    "OPTIMIZE",
    "PURGE",
    "RELEASE",
    "RENAME",
    "REPAIR",
    "RESET",
    "RESTART",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SET",
    "SHOW",
    "SHUTDOWN",
    "START",
    "STOP",
    "TRUNCATE",
    "UNINSTALL",
    "UNLOCK",
    "USE",
    "XA",
];

impl Transaction {
    pub(super) fn around<'a>(statements: impl IntoIterator<Item = &'a str>) -> Self {
        let (outside, inside): (Vec<&str>, Vec<&str>) = statements
            .into_iter()
            .partition(|sql| commits_implicitly(sql));
        match (inside.is_empty(), outside.is_empty()) {
            (true, false) => Self::None,
            (_, true) => Self::Own,
            (false, false) => Self::WithImplicitCommits,
        }
    }
}

fn commits_implicitly(sql: &str) -> bool {
    let keyword = first_keyword(sql).unwrap_or_default();
    let mut keywords = NOT_TRANSACTIONAL.iter();
    keywords.any(|it| keyword.eq_ignore_ascii_case(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_implicit_commit_needs_no_transaction() {
        for sql in [
            "CREATE TABLE t (a INT)",
            "/* x */ drop table t",
            "-- x\nTruncate t",
            "xa start 'a'",
            "SET GLOBAL max_connections = 1",
            "start transaction",
            "LOCK TABLES t WRITE",
        ] {
            assert_eq!(Transaction::around([sql]), Transaction::None, "{sql}");
        }
        for sql in [
            "INSERT INTO t VALUES (1)",
            "call p()",
            "(SELECT 1)",
            "WITH x AS (SELECT 1) DELETE FROM t",
            "LOAD DATA INFILE 'x' INTO TABLE t",
            "DO RELEASE_LOCK('x')",
            "/*!50000 INSERT INTO t VALUES (1) */",
            "",
        ] {
            assert_eq!(Transaction::around([sql]), Transaction::Own, "{sql}");
        }
    }

    #[test]
    fn several_statements_share_a_transaction() {
        let around = |statements: &[&str]| Transaction::around(statements.iter().copied());
        assert_eq!(around(&["SET @a = 1", "DROP TABLE t"]), Transaction::None);
        assert_eq!(around(&["DO 1", "DELETE FROM t"]), Transaction::Own);
        assert_eq!(
            around(&["CREATE TABLE t (a INT)", "DELETE FROM t"]),
            Transaction::WithImplicitCommits
        );
    }
}
