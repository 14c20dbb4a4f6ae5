//! What the text of a statement says of the session.

use rds_bridge::mysql::first_keyword;

use crate::execution::{Backslash, unquoted};

/// Statements of PlanetScale's own. Here there is neither a cache nor a replica to choose.
const IGNORED: [&[&str]; 5] = [
    &["SET", "@@BOOST_CACHED_QUERIES"],
    &["USE", "@PRIMARY"],
    &["USE", "@REPLICA"],
    &["USE", "`@PRIMARY`"],
    &["USE", "`@REPLICA`"],
];

/// Texts in statements whose effect a later request may ask for, whatever keyword they begin with. They are searched
/// without spaces, and outside of values, names and comments.
const SIGNS: [&str; 3] = [":=", "GET_LOCK", "INTO@"];

/// A longer text is not searched for [`SIGNS`].
const SEARCHED_LENGTH: usize = 64 << 10;

/// A statement, with its first words.
pub(super) struct Statement<'a> {
    sql: &'a str,
    /// In upper case. Missing ones are empty.
    words: [String; 3],
}

impl<'a> Statement<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self {
            sql,
            words: first_words(sql),
        }
    }

    pub(super) fn sql(&self) -> &'a str {
        self.sql
    }

    /// Whether the statement is accepted, and not executed.
    pub(super) fn is_ignored(&self) -> bool {
        IGNORED
            .iter()
            .any(|words| words.iter().zip(&self.words).all(|(it, word)| it == word))
    }

    /// Whether the statement rolls back the whole transaction.
    pub(super) fn rolls_back(&self) -> bool {
        let [first, second, third] = &self.words;
        first == "ROLLBACK" && second != "TO" && !(second == "WORK" && third == "TO")
    }

    pub(super) fn begins_transaction(&self) -> bool {
        let [first, second, third] = &self.words;
        match (first.as_str(), second.as_str()) {
            ("BEGIN", "") => true,
            ("BEGIN", "WORK") => third.is_empty(),
            ("START", second) => second == "TRANSACTION",
            _ => false,
        }
    }

    /// Whether a later request of the session may depend on the statement: on a setting, a variable, a lock or a
    /// temporary table. A transaction is not among them, because the server says whether one is open.
    pub(super) fn keeps_state(&self) -> bool {
        self.is_for_session() || self.has_sign()
    }

    /// Whether the statement has no use but for later ones of its session.
    pub(super) fn needs_session(&self) -> bool {
        let [first, _, _] = &self.words;
        match first.as_str() {
            "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "XA" | "EXECUTE" | "DEALLOCATE" => {
                true
            }
            _ => self.begins_transaction() || self.is_for_session() || self.takes_lock(),
        }
    }

    fn is_for_session(&self) -> bool {
        let [first, second, _] = &self.words;
        match first.as_str() {
            "SET" => !is_of_server(second),
            "USE" | "LOCK" | "PREPARE" | "HANDLER" => true,
            "FLUSH" => second == "TABLES",
            "CREATE" => second == "TEMPORARY",
            _ => false,
        }
    }

    /// Whether it calls `GET_LOCK`, outside of values, names and comments.
    fn takes_lock(&self) -> bool {
        let upper = self.sql.to_ascii_uppercase();
        upper.contains("GET_LOCK") && unquoted(&upper, Backslash::Escapes).contains("GET_LOCK")
    }

    fn has_sign(&self) -> bool {
        if self.sql.len() > SEARCHED_LENGTH {
            return false;
        }
        let mut text = unquoted(&self.sql.to_ascii_uppercase(), Backslash::Escapes);
        text.retain(|it| !it.is_ascii_whitespace());
        SIGNS.iter().any(|sign| text.contains(sign))
    }
}

/// Whether the word after `SET` is of a setting that is not the session's.
fn is_of_server(word: &str) -> bool {
    let scopes = ["GLOBAL", "PERSIST", "PERSIST_ONLY"];
    let is_of_scope =
        |scope: &str| word.strip_prefix("@@").unwrap_or(word).split('.').next() == Some(scope);
    matches!(word, "PASSWORD" | "DEFAULT") || scopes.into_iter().any(is_of_scope)
}

fn first_words(sql: &str) -> [String; 3] {
    // The keyword is a part of the text, so that this finds its beginning.
    let start = first_keyword(sql).and_then(|keyword| {
        let start = keyword.as_ptr().addr().checked_sub(sql.as_ptr().addr())?;
        sql.get(start..)
    });
    let text = start.unwrap_or_default();
    let text = text.trim_end_matches(|end: char| end == ';' || end.is_ascii_whitespace());
    let is_between = |it: char| it.is_ascii_whitespace() || it == '=';
    let words = text.split(is_between).filter(|word| !word.is_empty());
    let mut words = words.take(3).map(str::to_ascii_uppercase);
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_planetscale_are_ignored() {
        for sql in [
            "SET @@boost_cached_queries = true",
            "set @@boost_cached_queries=false;",
            "/* app */ USE @replica",
            "use @PRIMARY ;",
            "USE `@primary`",
        ] {
            assert!(Statement::new(sql).is_ignored(), "{sql}");
        }
        for sql in [
            "USE replica",
            "SET @boost_cached_queries = 1",
            "SELECT 1",
            "",
        ] {
            assert!(!Statement::new(sql).is_ignored(), "{sql}");
        }
    }

    #[test]
    fn transactions_begin_and_roll_back() {
        for sql in [
            "BEGIN",
            "begin ;",
            "START  TRANSACTION READ ONLY",
            "BEGIN WORK",
        ] {
            assert!(Statement::new(sql).begins_transaction(), "{sql}");
        }
        for sql in ["BEGIN NOT ATOMIC SELECT 1; END", "START SLAVE", "COMMIT"] {
            assert!(!Statement::new(sql).begins_transaction(), "{sql}");
        }
        for sql in ["ROLLBACK", "rollback;", "ROLLBACK WORK", "-- end\nROLLBACK"] {
            assert!(Statement::new(sql).rolls_back(), "{sql}");
        }
        for sql in ["ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a", "COMMIT"] {
            assert!(!Statement::new(sql).rolls_back(), "{sql}");
        }
    }

    #[test]
    fn a_gateway_without_sessions_refuses_what_has_no_use() {
        for sql in [
            "BEGIN",
            "START TRANSACTION",
            "COMMIT",
            "ROLLBACK TO a",
            "SAVEPOINT a",
            "SET @a = 1",
            "SET SESSION sql_mode = ''",
            "SET @@session.sql_mode = ''",
            "SET @@global_variable = 1",
            "USE other",
            "LOCK TABLES t READ",
            "CREATE TEMPORARY TABLE t (id INT)",
            "SELECT get_lock('a', 0)",
            "SELECT 'it''s', \"\\\"\", GET_LOCK('a', 0)",
            "SELECT /*!50000 GET_LOCK('a', 0) */",
            "PREPARE s FROM 'SELECT 1'",
            "EXECUTE s",
            "XA START 'a'",
        ] {
            assert!(Statement::new(sql).needs_session(), "{sql}");
        }
        for sql in [
            "SELECT 1",
            "SELECT @a := 1, @a + 1",
            "INSERT INTO t VALUES ('GET_LOCK(', \"GET_LOCK\", 'it''s GET_LOCK', '\\'GET_LOCK')",
            "SELECT `GET_LOCK` FROM t -- GET_LOCK",
            "SELECT 4 / 2 - 1 /* GET_LOCK('a', 0) */ # GET_LOCK",
            "SELECT 'GET_LOCK",
            "SET GLOBAL max_connections = 10",
            "SET @@global.max_connections = 10",
            "SET PERSIST max_connections = 10",
            "SET PASSWORD FOR u = 'x'",
            "CREATE TABLE t (id INT)",
            "BEGIN NOT ATOMIC SELECT 1; END",
        ] {
            assert!(!Statement::new(sql).needs_session(), "{sql}");
        }
    }

    #[test]
    fn state_is_what_a_later_request_may_ask_for() {
        for sql in [
            "SET @a = 1",
            "SET NAMES utf8mb4",
            "set time_zone = '+00:00'",
            "USE other",
            "LOCK TABLES t READ",
            "CREATE TEMPORARY TABLE t (id INT)",
            "SELECT get_lock('a', 0)",
            "SELECT @a := 1",
            "SELECT 1 INTO @a",
            "SELECT 1 into  @a",
            "SELECT 1 INTO\n@a",
            "SELECT 1 INTO/* a */@`a`",
            "SELECT @a/* a */:= 1",
            "SELECT ':=', get_lock ('a', 0)",
            "PREPARE s FROM 'SELECT 1'",
        ] {
            assert!(Statement::new(sql).keeps_state(), "{sql}");
        }
        for sql in [
            "SELECT @@version",
            "INSERT INTO t VALUES (1)",
            "BEGIN",
            "SET GLOBAL max_connections = 10",
            "CREATE TABLE t (id INT)",
            "INSERT INTO t VALUES ('x := 1', \"SELECT 1 INTO @a\", 'it''s GET_LOCK(', '\\' INTO @a')",
            "SELECT `:=` FROM t -- INTO @a",
            "SELECT 1 --\t:=\n",
            "SELECT 1 # GET_LOCK('a', 0)",
        ] {
            assert!(!Statement::new(sql).keeps_state(), "{sql}");
        }
    }
}
