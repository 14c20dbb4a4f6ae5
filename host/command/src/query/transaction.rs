//! Whether a statement that writes is to be in a transaction of the command's.

use rds_bridge::mysql::first_keyword;

/// What is around a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    /// Nothing: it commits by itself, or is read-only.
    None,
    /// A transaction that is committed when the statement is done, and rolled back if it fails.
    Own,
}

/// Statements that commit by themselves, that begin or end a transaction, or that set what is of the session:
/// MySQL Reference Manual, "Statements That Cause an Implicit Commit". `CALL` is not among them: what a procedure writes
/// is rolled back if it fails, but for what it has committed itself.
const WITHOUT: [&str; 37] = [
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
    pub(super) fn around(sql: &str) -> Self {
        let keyword = first_keyword(sql).unwrap_or_default();
        let is_without = WITHOUT.iter().any(|it| keyword.eq_ignore_ascii_case(it));
        match is_without {
            true => Self::None,
            false => Self::Own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commits_by_itself_has_none() {
        for sql in [
            "CREATE TABLE t (a INT)",
            "/* x */ drop table t",
            "-- x\nTruncate t",
            "xa start 'a'",
            "SET GLOBAL max_connections = 1",
            "start transaction",
            "LOCK TABLES t WRITE",
        ] {
            assert_eq!(Transaction::around(sql), Transaction::None, "{sql}");
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
            assert_eq!(Transaction::around(sql), Transaction::Own, "{sql}");
        }
    }
}
