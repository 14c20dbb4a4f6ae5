//! What the text of a statement says of the transaction that it is executed in.
//!
//! Source: MySQL Reference Manual, "Statements That Cause an Implicit Commit"; MariaDB, "SQL statements That Cause an
//! Implicit Commit".

use rds_bridge::mysql::first_keyword;

use super::unquoted::{Backslash, unquoted};

/// What a statement does to the transaction that it is executed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The transaction goes on: the statement reads, or sets user variables. A function that it calls may write.
    Reads,
    /// The transaction goes on: the statement may write or lock rows, or is about a savepoint.
    Keeps,
    /// It calls a procedure, which may commit.
    Calls,
    /// It begins or ends a transaction, or changes when the server commits.
    Controls,
    /// The server commits before it executes the statement.
    Commits,
    /// It changes the session, but no rows. The text does not tell whether it commits.
    Sets,
    /// The text does not tell.
    Unknown,
}

/// The first words of statements that read.
const READING: [&str; 7] = [
    "SELECT", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC",
];

/// The first words of other statements that keep the transaction. `WITH` may begin an `UPDATE`.
const KEEPING: [&str; 8] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "WITH",
    "DO",
    "SAVEPOINT",
    "RELEASE",
];

/// The first words of statements that commit, whatever follows.
const COMMITTING: [&str; 21] = [
    "ALTER",
    "BACKUP",
    "CACHE",
    "CHANGE",
    "CHECK",
    "CLONE",
    "FLUSH",
    "GRANT",
    "IMPORT",
    "INSTALL",
    "LOCK",
    "OPTIMIZE",
    "RENAME",
    "REPAIR",
    "RESTART",
    "REVOKE",
    "SHUTDOWN",
    "STOP",
    "TRUNCATE",
    "UNINSTALL",
    "UNLOCK",
];

impl Effect {
    /// The effect of a statement.
    pub(crate) fn of(sql: &str) -> Self {
        let Some(keyword) = first_keyword(sql) else {
            // A comment that the server executes, or one that does not end.
            return Self::Unknown;
        };
        let keyword = keyword.to_ascii_uppercase();
        let is_of = |words: &[&str]| words.contains(&&*keyword);
        if is_of(&READING) {
            return if locks_rows(sql) {
                Self::Keeps
            } else {
                Self::Reads
            };
        }
        if is_of(&KEEPING) {
            return Self::Keeps;
        }
        if is_of(&COMMITTING) {
            return Self::Commits;
        }
        match &*keyword {
            "CALL" => Self::Calls,
            "DEALLOCATE" | "PREPARE" | "USE" => Self::Sets,
            "COMMIT" | "XA" => Self::Controls,
            "SET" => of_set(sql),
            "ROLLBACK" => of_rollback(sql),
            "BEGIN" | "START" => of_start(sql),
            "ANALYZE" | "CREATE" | "DROP" | "LOAD" | "RESET" => of_second_word(sql),
            _ => Self::Unknown,
        }
    }
}

/// Whether a statement that reads also locks the rows until the transaction ends.
fn locks_rows(sql: &str) -> bool {
    let text = unquoted(sql, Backslash::Escapes).to_ascii_uppercase();
    let is_between = |it: char| !it.is_alphanumeric() && it != '_';
    let mut before = "";
    let mut words = text.split(is_between).filter(|word| !word.is_empty());
    words.any(|word| {
        let locks = matches!((before, word), ("FOR", "UPDATE" | "SHARE") | ("LOCK", "IN"));
        before = word;
        locks
    })
}

/// `ROLLBACK TO` a savepoint keeps the transaction.
fn of_rollback(sql: &str) -> Effect {
    let words = words(sql);
    match words.each_ref().map(String::as_str) {
        [_, "TO", ..] | [_, "WORK", "TO", _] => Effect::Keeps,
        _ => Effect::Controls,
    }
}

fn of_start(sql: &str) -> Effect {
    let words = words(sql);
    match words.each_ref().map(String::as_str) {
        // MariaDB executes the statements of its block.
        ["BEGIN", "NOT", ..] => Effect::Unknown,
        ["BEGIN", ..] | [_, "TRANSACTION", ..] => Effect::Controls,
        // `START REPLICA`, and others of the server.
        _ => Effect::Commits,
    }
}

/// Statements of temporary tables, and some others, do not commit.
fn of_second_word(sql: &str) -> Effect {
    let [first, second, third, fourth] = words(sql);
    let may_keep = match &*first {
        // MariaDB's `ANALYZE` executes a statement of rows.
        "ANALYZE" => !matches!(
            &*second,
            "TABLE" | "TABLES" | "LOCAL" | "NO_WRITE_TO_BINLOG"
        ),
        "LOAD" => second != "INDEX",
        "RESET" => second == "PERSIST",
        _ if second == "OR" && third == "REPLACE" => fourth == "TEMPORARY",
        _ => second == "TEMPORARY",
    };
    if may_keep {
        Effect::Unknown
    } else {
        Effect::Commits
    }
}

/// The first words of a statement, in upper case. Missing ones are empty.
fn words(sql: &str) -> [String; 4] {
    let text = unquoted(sql, Backslash::Escapes).to_ascii_uppercase();
    let is_between = |it: char| !it.is_alphanumeric() && it != '_';
    let mut words = text.split(is_between).filter(|word| !word.is_empty());
    std::array::from_fn(|_| words.next().unwrap_or_default().to_owned())
}

/// The effect of `SET`. Where a string ends depends on the SQL mode, so the text must say the same in each.
fn of_set(sql: &str) -> Effect {
    if sql.contains('\\') && sql.contains('"') {
        return Effect::Unknown;
    }
    let escaping = of_assignments(&unquoted(sql, Backslash::Escapes));
    let plain = of_assignments(&unquoted(sql, Backslash::IsCharacter));
    if escaping == plain {
        escaping
    } else {
        Effect::Unknown
    }
}

fn of_assignments(unquoted: &str) -> Effect {
    let text = unquoted.trim_ascii_start().to_ascii_uppercase();
    let after = text.trim_start_matches('(').trim_ascii_start();
    let Some(after) = after.strip_prefix("SET") else {
        return Effect::Unknown;
    };
    // What is in /*! … */ is executed.
    if after.contains("/*") {
        return Effect::Unknown;
    }
    let effects = split_at_commas(after).map(of_assignment);
    effects.fold(Effect::Reads, |one, other| match (one, other) {
        (Effect::Reads, Effect::Reads) => Effect::Reads,
        (Effect::Controls, _) | (_, Effect::Controls) => Effect::Controls,
        (Effect::Commits, _) | (_, Effect::Commits) => Effect::Commits,
        (Effect::Unknown, _) | (_, Effect::Unknown) => Effect::Unknown,
        _ => Effect::Sets,
    })
}

fn of_assignment(assignment: &str) -> Effect {
    let assignment = assignment.trim_ascii();
    if assignment.starts_with('@') && !assignment.starts_with("@@") {
        return Effect::Reads;
    }
    let target = assignment.split(['=', ':']).next().unwrap_or_default();
    let mut words = target.split_ascii_whitespace();
    // A quoted name has become a space.
    let mut word = words.next().unwrap_or_default();
    if matches!(word, "SESSION" | "LOCAL") {
        word = words.next().unwrap_or_default();
    }
    let name = word.trim_start_matches('@');
    let name = name.strip_prefix("SESSION.").unwrap_or(name);
    match name.strip_prefix("LOCAL.").unwrap_or(name) {
        "AUTOCOMMIT" | "" => Effect::Controls,
        "PASSWORD" => Effect::Commits,
        // MariaDB executes another statement with these settings.
        "STATEMENT" => Effect::Unknown,
        _ => Effect::Sets,
    }
}

/// The parts between the commas that are in no parentheses.
fn split_at_commas(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |it| {
        match it {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        it == ',' && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_all(effect: Effect, statements: &[&str]) {
        for sql in statements {
            assert_eq!(Effect::of(sql), effect, "{sql}");
        }
    }

    #[test]
    fn statements_of_rows_keep_the_transaction() {
        assert_all(
            Effect::Reads,
            &[
                "select 1",
                "(SELECT 1) UNION (SELECT 2)",
                "SET @a = 1",
                "set @a := CONCAT('x', ',', (SELECT 1, 2)), @`b` = 'autocommit = 1'",
                "SET @a = 'it\\'s'",
                "SELECT 'for update'",
            ],
        );
        assert_all(
            Effect::Keeps,
            &[
                "/* c */ INSERT INTO t VALUES (1)",
                "SELECT a FROM t FOR UPDATE",
                "select a from t for /* c */ share nowait",
                "SELECT a FROM t LOCK IN SHARE MODE",
                "WITH a AS (SELECT 1) SELECT 1",
                "SAVEPOINT a",
                "ROLLBACK TO a",
                "rollback /* x */ work to savepoint a",
            ],
        );
        assert_all(Effect::Calls, &["CALL p()", "/* c */ call p"]);
    }

    #[test]
    fn statements_control_transactions() {
        assert_all(
            Effect::Controls,
            &[
                "COMMIT",
                "rollback",
                "ROLLBACK AND CHAIN",
                "BEGIN",
                "begin work;",
                "START /* x */ TRANSACTION READ ONLY",
                "SET autocommit = 1",
                "SET @@autocommit=1",
                "SET @@SESSION.autocommit = 0",
                "SET LOCAL autocommit = 1",
                "SET `autocommit` = 1",
                "SET SESSION `autocommit` = 1",
                "SET @@session.`autocommit` = 1",
                "SET @a = 1, autocommit = 1",
                "SET @a = ')', autocommit = 1",
                "SET @a = 1 /* ' */, autocommit = 1 /* ' */",
                "SET time_zone = '+00:00', @a = 2, session autocommit := 1",
                "XA END 'a'",
            ],
        );
    }

    #[test]
    fn statements_of_the_manual_commit() {
        assert_all(
            Effect::Commits,
            &[
                "ALTER TABLE t ADD b INT",
                "CREATE TABLE t (a INT)",
                "CREATE UNIQUE INDEX i ON t (a)",
                "CREATE USER u",
                "CREATE OR REPLACE VIEW v AS SELECT 1",
                "DROP VIEW v",
                "INSTALL PLUGIN p SONAME 's'",
                "RENAME TABLE a TO b",
                "TRUNCATE t",
                "UNINSTALL COMPONENT 'c'",
                "GRANT SELECT ON a.* TO u",
                "REVOKE ALL ON a.* FROM u",
                "SET PASSWORD = 'x'",
                "LOCK TABLES t READ",
                "UNLOCK TABLES",
                "ANALYZE TABLE t",
                "CACHE INDEX t IN c",
                "CHECK TABLE t",
                "FLUSH TABLES",
                "LOAD INDEX INTO CACHE t",
                "OPTIMIZE TABLE t",
                "REPAIR TABLE t",
                "RESET BINARY LOGS AND GTIDS",
                "START REPLICA",
                "STOP REPLICA",
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'x'",
            ],
        );
    }

    #[test]
    fn statements_change_the_session() {
        assert_all(
            Effect::Sets,
            &[
                "SET time_zone = '+00:00'",
                "SET NAMES utf8mb4",
                "SET @a = 1, sql_mode = ''",
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                "PREPARE s FROM 'COMMIT'",
                "USE other",
            ],
        );
    }

    #[test]
    fn what_the_text_does_not_tell_is_unknown() {
        assert_all(
            Effect::Unknown,
            &[
                "",
                "/*!50000 COMMIT */",
                "EXECUTE s",
                "CREATE TEMPORARY TABLE t (a INT)",
                "CREATE OR REPLACE TEMPORARY TABLE t (a INT)",
                "DROP TEMPORARY TABLE t",
                "BEGIN NOT ATOMIC COMMIT; END",
                "SET @a = 1 /*!, autocommit = 1 */",
                "SET @a = '\\', autocommit = 1, @b = '",
                "SET @a = \"\\\", autocommit = 1, @b = \"",
                "SET STATEMENT autocommit = 1 FOR SELECT 1",
                "ANALYZE FORMAT=JSON SELECT 1",
            ],
        );
    }
}
