//! Decides whether a statement that writes runs in a transaction.

use rds_bridge::mysql::first_keyword;

/// The transaction around a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    /// None: the statement commits implicitly, or is read-only.
    None,
    /// A transaction that is committed when the statement is complete, and rolled back if it fails.
    Own,
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
    pub(super) fn around(sql: &str) -> Self {
        let keyword = first_keyword(sql).unwrap_or_default();
        let mut keywords = NOT_TRANSACTIONAL.iter();
        if keywords.any(|it| keyword.eq_ignore_ascii_case(it)) {
            Self::None
        } else {
            Self::Own
        }
    }
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
