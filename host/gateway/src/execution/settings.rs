//! Settings of a session that can be repeated on another connection: `SET` and `USE` with literals.
//!
//! A session with nothing else needs no connection of its own. What a statement means must not depend on the moment or
//! the connection, so anything else than a literal, and every variable that is not known to be a plain setting, is left
//! to a session with a connection.

use std::sync::Arc;

use rds_bridge::mysql::first_keyword;

/// How many statements a session repeats with each request.
const MOST_STATEMENTS: usize = 16;
const LONGEST_STATEMENT: usize = 1024;

/// Variables that keep their value until they are set again, and act on nothing but the session's later statements.
const VARIABLES: [&str; 40] = [
    "block_encryption_mode",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "cte_max_recursion_depth",
    "default_storage_engine",
    "div_precision_increment",
    "explicit_defaults_for_timestamp",
    "foreign_key_checks",
    "group_concat_max_len",
    "histogram_generation_max_mem_size",
    "innodb_lock_wait_timeout",
    "interactive_timeout",
    "join_buffer_size",
    "lc_messages",
    "lc_time_names",
    "lock_wait_timeout",
    "max_execution_time",
    "max_heap_table_size",
    "max_join_size",
    "max_length_for_sort_data",
    "max_sort_length",
    "max_statement_time",
    "net_read_timeout",
    "net_write_timeout",
    "optimizer_prune_level",
    "optimizer_search_depth",
    "optimizer_switch",
    "range_optimizer_max_mem_size",
    "sort_buffer_size",
    "sql_auto_is_null",
    "sql_big_selects",
    "sql_mode",
    "sql_quote_show_create",
    "sql_safe_updates",
    "sql_select_limit",
    "time_zone",
    "tmp_table_size",
    "unique_checks",
];

/// The settings of a session, as statements that make them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings(Vec<Setting>);

/// A statement that can be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    sql: Arc<str>,
    /// What it sets, in lower case.
    names: Vec<String>,
}

impl Settings {
    /// Adds a setting, in the place of those that it overrides. Returns `false` if there are too many.
    pub(crate) fn add(&mut self, setting: Setting) -> bool {
        let mut kept = self.clone();
        kept.remove_overridden(&setting);
        if kept.0.len() >= MOST_STATEMENTS {
            return false;
        }
        kept.0.push(setting);
        *self = kept;
        true
    }

    /// Removes the settings that this one overrides.
    pub(crate) fn remove_overridden(&mut self, by: &Setting) {
        let is_overridden = |old: &Setting| old.names.iter().all(|name| by.names.contains(name));
        self.0.retain(|old| !is_overridden(old));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn statements(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|it| &*it.sql)
    }
}

impl Setting {
    /// Reads a statement. Returns `None` if it cannot be repeated, or is not understood.
    pub(crate) fn read(sql: &str) -> Option<Self> {
        if sql.len() > LONGEST_STATEMENT {
            return None;
        }
        let tokens = tokens(sql)?;
        let names = match tokens.split_first()? {
            (Token::Word(word), rest) if is(word, "SET") => names_of_set(rest)?,
            (Token::Word(word), [Token::Word(_) | Token::Quoted]) if is(word, "USE") => {
                vec!["use".to_owned()]
            }
            _ => return None,
        };
        Some(Self {
            sql: sql.into(),
            names,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `@name`
    User(&'a str),
    /// `@@name`, `@@session.name`
    System(&'a str),
    /// A number, or a string between single quotes without an escape.
    Literal,
    /// An identifier between backticks.
    Quoted,
    Equals,
    Comma,
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// What the assignments set.
fn names_of_set(tokens: &[Token<'_>]) -> Option<Vec<String>> {
    let [Token::Word(first), rest @ ..] = tokens else {
        return names_of_assignments(tokens);
    };
    match rest {
        [value] if is(first, "NAMES") => is_value(value).then(|| vec!["names".to_owned()]),
        [value, Token::Word(collate), collation]
            if is(first, "NAMES") && is(collate, "COLLATE") =>
        {
            let is_valid = is_value(value) && is_value(collation);
            is_valid.then(|| vec!["names".to_owned()])
        }
        [Token::Word(transaction), Token::Word(level), words @ ..]
            if is_session(first) && is(transaction, "TRANSACTION") && is(level, "ISOLATION") =>
        {
            let is_level = words.iter().all(|it| matches!(it, Token::Word(_)));
            is_level.then(|| vec!["isolation".to_owned()])
        }
        _ => names_of_assignments(tokens),
    }
}

fn names_of_assignments(tokens: &[Token<'_>]) -> Option<Vec<String>> {
    let assignments = tokens.split(|it| *it == Token::Comma);
    assignments.map(name_of_assignment).collect()
}

fn name_of_assignment(assignment: &[Token<'_>]) -> Option<String> {
    let assignment = match assignment {
        [Token::Word(session), rest @ ..] if is_session(session) => rest,
        assignment => assignment,
    };
    match assignment {
        // A word would be a column.
        [Token::User(name), Token::Equals, Token::Literal] => {
            Some(format!("@{}", name.to_ascii_lowercase()))
        }
        [
            Token::Word(name) | Token::System(name),
            Token::Equals,
            value,
        ] if is_value(value) => {
            let name = name.to_ascii_lowercase();
            VARIABLES.contains(&name.as_str()).then_some(name)
        }
        _ => None,
    }
}

fn is_session(word: &str) -> bool {
    is(word, "SESSION") || is(word, "LOCAL")
}

/// A literal, or a name such as `utf8mb4` or `OFF`. `DEFAULT` is what the server says at the time.
fn is_value(token: &Token<'_>) -> bool {
    match token {
        Token::Literal => true,
        Token::Word(word) => !is(word, "DEFAULT") && !is(word, "BINARY"),
        _ => false,
    }
}

/// The tokens of the statement, without a semicolon at its end; `None` if it has others, such as comments.
fn tokens(sql: &str) -> Option<Vec<Token<'_>>> {
    let keyword = first_keyword(sql)?;
    let start = keyword.as_ptr().addr().checked_sub(sql.as_ptr().addr())?;
    let is_end = |it: char| it == ';' || it.is_ascii_whitespace();
    let mut rest = sql.get(start..)?.trim_end_matches(is_end);
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Some(tokens);
        }
        let (token, after) = token(rest)?;
        tokens.push(token);
        rest = after;
    }
}

fn token(text: &str) -> Option<(Token<'_>, &str)> {
    if let Some(after) = text.strip_prefix(":=").or_else(|| text.strip_prefix('=')) {
        return Some((Token::Equals, after));
    }
    if let Some(after) = text.strip_prefix(',') {
        return Some((Token::Comma, after));
    }
    if let Some(after) = text.strip_prefix("@@") {
        let (name, after) = word(after)?;
        let lower = name.to_ascii_lowercase();
        let scope = ["session.", "local."]
            .iter()
            .find(|it| lower.starts_with(**it));
        let name = name.get(scope.map_or(0, |it| it.len())..)?;
        return Some((Token::System(name), after));
    }
    if let Some(after) = text.strip_prefix('@') {
        let (name, after) = word(after)?;
        return Some((Token::User(name), after));
    }
    if let Some(after) = text.strip_prefix('\'') {
        return quoted(after, '\'').map(|after| (Token::Literal, after));
    }
    if let Some(after) = text.strip_prefix('`') {
        return quoted(after, '`').map(|after| (Token::Quoted, after));
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if unsigned.starts_with(|it: char| it.is_ascii_digit()) {
        let end = unsigned.find(|it: char| !it.is_ascii_digit() && it != '.');
        let (_, after) = unsigned.split_at_checked(end.unwrap_or(unsigned.len()))?;
        let is_whole = !after.starts_with(|it: char| it.is_alphanumeric() || it == '_');
        return is_whole.then_some((Token::Literal, after));
    }
    let (word, after) = word(text)?;
    Some((Token::Word(word), after))
}

fn word(text: &str) -> Option<(&str, &str)> {
    let is_in_word = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '$' | '.');
    let end = text.find(|it: char| !is_in_word(it)).unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|(word, _)| !word.is_empty())
}

/// What follows a quoted text without an escape. What a backslash means depends on a setting.
fn quoted(text: &str, quote: char) -> Option<&str> {
    let (content, after) = text.split_once(quote)?;
    (!content.contains('\\') && !after.starts_with(quote)).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> Option<Vec<String>> {
        Setting::read(sql).map(|it| it.names)
    }

    #[test]
    fn literals_are_repeated() {
        for (sql, expected) in [
            ("SET time_zone = '+00:00'", &["time_zone"][..]),
            ("set @@session.sql_mode='ANSI';", &["sql_mode"]),
            ("SET SESSION sql_mode = ''", &["sql_mode"]),
            ("SET @a = 1, @B := 'x'", &["@a", "@b"]),
            ("SET @a=-1.5", &["@a"]),
            ("SET NAMES utf8mb4", &["names"]),
            (
                "/* app */ SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'",
                &["names"],
            ),
            (
                "SET foreign_key_checks = OFF, unique_checks=0",
                &["foreign_key_checks", "unique_checks"],
            ),
            (
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                &["isolation"],
            ),
            ("USE other", &["use"]),
            ("USE `other`", &["use"]),
        ] {
            assert_eq!(
                names(sql).as_deref(),
                Some(
                    &expected
                        .iter()
                        .map(|it| (*it).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{sql}"
            );
        }
    }

    #[test]
    fn all_else_is_not() {
        for sql in [
            "SET @a = NOW()",
            "SET @a = @b",
            "SET @a = 1 + 1",
            "SET @a = (SELECT 1)",
            "SET @a = \"x\"",
            "SET @a = 'it''s'",
            "SET @a = 'a\\'b'",
            "SET @a = x'00'",
            "SET @a = 1e3",
            "SET @a = b",
            "SET @`a` = 1",
            "SET autocommit = 0",
            "SET insert_id = 7",
            "SET timestamp = 1",
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "SET @@transaction_isolation = 'SERIALIZABLE'",
            "SET GLOBAL time_zone = '+00:00'",
            "SET @@global.time_zone = '+00:00'",
            "SET time_zone = '+00:00', GLOBAL sql_mode = ''",
            "SET time_zone = DEFAULT",
            "SET NAMES DEFAULT",
            "SET PASSWORD = 'x'",
            "SET ROLE a",
            "SET time_zone = '+00:00' -- comment",
            "SET time_zone /*!99999 = 1, */ = '+00:00'",
            "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
            "SET",
            "USE",
            "USE a b",
            "SELECT 1",
            "",
        ] {
            assert_eq!(names(sql), None, "{sql}");
        }
        let long = format!("SET @a = '{}'", "x".repeat(LONGEST_STATEMENT));
        assert_eq!(names(&long), None);
    }

    #[test]
    fn a_later_setting_takes_the_place_of_an_earlier_one() {
        let mut settings = Settings::default();
        for sql in [
            "SET @a = 1",
            "SET @b = 1",
            "SET @a = 2, @c = 1",
            "SET @B = 2",
        ] {
            assert!(settings.add(Setting::read(sql).unwrap()));
        }
        let kept: Vec<&str> = settings.statements().collect();
        assert_eq!(kept, ["SET @a = 2, @c = 1", "SET @B = 2"]);
    }

    #[test]
    fn their_number_is_bounded() {
        let mut settings = Settings::default();
        let setting = |number| Setting::read(&format!("SET @a{number} = 1")).unwrap();
        for number in 0..MOST_STATEMENTS {
            assert!(settings.add(setting(number)));
        }
        let before = settings.clone();
        assert!(!settings.add(setting(MOST_STATEMENTS)));
        assert_eq!(settings, before);
        assert!(settings.add(setting(0)));
    }
}
