//! Templates: statements that are compared without their values.
//!
//! A client that writes values into its SQL sends another text each time. A [`Template`] is a statement of the
//! configuration in which `?` or `:name` stands for a value; it covers every statement that consists of the same tokens
//! and has a literal, or a parameter, in those places. White space and comments do not matter. A literal that the
//! template contains is a part of it: `WHERE role = 'public'` does not cover `WHERE role = 'secret'`.
//!
//! Whatever the server could read in another way than this module is refused:
//!
//! | text | why |
//! |---|---|
//! | `/*! … */` and `/*M! … */` | the server executes what the comment contains |
//! | `"…"` as a value | with `ANSI_QUOTES` it is an identifier, so it is compared as it is |
//! | a backslash within `"…"` | with `ANSI_QUOTES` it does not escape |
//! | a semicolon within the text | several statements |
//! | what is not closed; control characters; a number that runs into a word | it is no valid SQL |
//!
//! The lexer treats a backslash in `'…'` as an escape. In a session with `NO_BACKSLASH_ESCAPES`, which the server
//! reports in its status flags, a backslash escapes nothing: the caller of the lexer must then refuse a text with a
//! backslash.

mod lexer;
mod literals;
mod scanner;
mod token;

use std::collections::HashMap;

use thiserror::Error;

use token::{Token, Value};

/// Why a statement cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LexError {
    /// A string, a quoted name or a comment has no end.
    #[error("it contains a string, a quoted name or a comment that is not closed")]
    NotClosed,
    /// A comment that the server executes.
    #[error("it contains a comment that the server executes, which begins with /*! or /*M!")]
    ExecutableComment,
    /// A control character, or another one that SQL does not have.
    #[error("it contains a character that SQL allows only inside strings")]
    Character,
    /// A number that is not one.
    #[error("it contains an invalid number")]
    Number,
    /// A backslash in double quotes.
    #[error("it contains a backslash inside double quotes: use single quotes")]
    Backslash,
    /// A semicolon that is not the last character.
    #[error("it contains several statements")]
    SeveralStatements,
    /// A string where a name is.
    #[error("it contains a quoted string as the name of a variable or a host")]
    QuotedVariable,
    /// More tokens than a statement may have.
    #[error("it is too long to compare")]
    TooLong,
    /// No token at all.
    #[error("it is empty")]
    Empty,
}

/// A statement that was split into its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexed {
    tokens: Vec<Token>,
}

impl Lexed {
    /// Splits a statement into its tokens.
    ///
    /// # Errors
    ///
    /// [`LexError`].
    pub fn read(sql: &str) -> Result<Self, LexError> {
        lexer::read(sql)
    }

    /// The statement as its tokens, with a space between them, and a question mark for each value.
    #[must_use]
    pub fn without_values(&self) -> String {
        let texts = self.tokens.iter().map(|token| match token {
            Token::Text(text) => text.as_str(),
            Token::Values(_) => "?",
        });
        texts.collect::<Vec<&str>>().join(" ")
    }

    /// The tokens without the values.
    fn shape(&self) -> Vec<Shape> {
        self.tokens.iter().map(Shape::new).collect()
    }

    fn values(&self) -> impl Iterator<Item = &Vec<Value>> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Values(values) => Some(values),
            Token::Text(_) => None,
        })
    }
}

/// A token, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shape {
    Text(String),
    Value,
}

impl Shape {
    fn new(token: &Token) -> Self {
        match token {
            Token::Text(text) => Self::Text(text.clone()),
            Token::Values(_) => Self::Value,
        }
    }
}

/// A set of templates.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    by_shape: HashMap<Vec<Shape>, Vec<Template>>,
}

/// The values of a template, in order: those of a list are together.
type Template = Vec<Vec<Value>>;

impl Templates {
    /// Adds a statement.
    pub fn add(&mut self, statement: &Lexed) {
        let values = statement.values().cloned().collect();
        let same = self.by_shape.entry(statement.shape()).or_default();
        same.push(values);
    }

    /// Whether one of the templates covers a statement.
    #[must_use]
    pub fn cover(&self, statement: &Lexed) -> bool {
        let Some(templates) = self.by_shape.get(&statement.shape()) else {
            return false;
        };
        templates.iter().any(|template| {
            // The shapes are the same, and so the number of values.
            let pairs = template.iter().zip(statement.values());
            pairs
                .into_iter()
                .all(|(wanted, given)| covers(wanted, given))
        })
    }
}

/// A list with one placeholder, `IN (?)`, covers lists of every length.
fn covers(wanted: &[Value], given: &[Value]) -> bool {
    if let [Value::Placeholder] = wanted {
        return true;
    }
    let same = |(wanted, given): (&Value, &Value)| match wanted {
        Value::Placeholder => true,
        Value::Literal(_) => wanted == given,
    };
    wanted.len() == given.len() && wanted.iter().zip(given).all(same)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covers(template: &str, sql: &str) -> bool {
        let mut templates = Templates::default();
        templates.add(&Lexed::read(template).unwrap());
        Lexed::read(sql).is_ok_and(|it| templates.cover(&it))
    }

    #[test]
    fn a_template_covers_its_statement_with_any_values() {
        for (template, sql) in [
            ("SELECT * FROM t WHERE a = ?", "SELECT * FROM t WHERE a = 7"),
            (
                "SELECT * FROM t WHERE a = ?",
                "SELECT * FROM t WHERE a = -7.5e3",
            ),
            (
                "SELECT * FROM t WHERE a = ?",
                "SELECT * FROM t WHERE a = 'it''s'",
            ),
            (
                "SELECT * FROM t WHERE a = ?",
                "SELECT * FROM t WHERE a = 'it\\'s'",
            ),
            (
                "SELECT * FROM t WHERE a = :id",
                "SELECT * FROM t WHERE a = NULL",
            ),
            (
                "SELECT * FROM t WHERE a = :id",
                "SELECT * FROM t WHERE a = ?",
            ),
            (
                "SELECT * FROM t WHERE a=?;",
                "SELECT *\n FROM t -- x\nWHERE a = X'00' /* y */",
            ),
            ("SELECT ? + ?", "SELECT true + 0x1F"),
            ("SELECT a -?", "SELECT a - 5"),
            ("SELECT a - ?", "SELECT a - -5"),
            ("VALUES (?, ?)", "VALUES (-1, b'01')"),
            (
                "SELECT 1 WHERE a IN (?)",
                "SELECT 1 WHERE a IN (1, 'two', NULL)",
            ),
            ("SELECT 1 WHERE a IN (?, ?)", "SELECT 1 WHERE a IN (1, 2)"),
            ("SELECT `a``b` FROM `t`", "SELECT `a``b` FROM `t`"),
            ("SELECT a IS NULL", "SELECT a IS NULL"),
            ("SELECT /*+ NO_MERGE(t) */ 1", "SELECT /*+ NO_MERGE(t) */ 1"),
            ("SELECT 'x'", "SELECT  'x'"),
            ("SELECT N'x', _utf8mb4'y', ?", "SELECT N'x', _utf8mb4'y', 3"),
            ("SELECT t.1a, ü FROM t", "SELECT t.1a, ü FROM t"),
        ] {
            assert!(covers(template, sql), "{template} does not cover {sql}");
        }
    }

    #[test]
    fn and_no_other_statement() {
        for (template, sql) in [
            ("SELECT a FROM t WHERE a = ?", "SELECT a FROM t WHERE a = b"),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = 1 OR 1 = 1",
            ),
            ("SELECT a FROM t WHERE a = ?", "SELECT a FROM u WHERE a = 1"),
            ("SELECT a FROM t WHERE a = ?", "SELECT a FROM T WHERE a = 1"),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = \"b\"",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = (SELECT 1)",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = '1' '2'",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = 1; DROP TABLE t",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = 1 -- x\n OR 1",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = 1 /*! OR 1 */",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = 1 /*M! OR 1 */",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = 1--1",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = @a",
            ),
            (
                "SELECT a FROM t WHERE a = ?",
                "SELECT a FROM t WHERE a = @'a'",
            ),
            (
                "SELECT a FROM t WHERE role = 'x'",
                "SELECT a FROM t WHERE role = 'y'",
            ),
            ("SELECT a FROM t LIMIT 1", "SELECT a FROM t LIMIT 1000"),
            ("SELECT a IN (?, ?)", "SELECT a IN (1, 2, 3)"),
            ("SELECT a IN ('x', 'y')", "SELECT a IN ('x', 'z')"),
            ("SELECT f(?)", "SELECT f(1, 2)"),
            ("SELECT a IS NULL", "SELECT a IS TRUE"),
            ("SELECT a IS NOT NULL", "SELECT a IS NOT FALSE"),
            ("SELECT a", "SELECT /*+ NO_MERGE(t) */ a"),
            ("SELECT 'a b'", "SELECT 'a  b'"),
            ("SELECT t.null", "SELECT t.true"),
        ] {
            assert!(!covers(template, sql), "{template} covers {sql}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let long = ",".repeat(1 << 17);
        // Each list becomes one token.
        let list = format!("a IN (1{}) OR ", ", 1".repeat(1000));
        let lists = format!("SELECT {} b", list.repeat(40));
        for (sql, expected) in [
            ("", LexError::Empty),
            (" ; ", LexError::Empty),
            ("SELECT 'a", LexError::NotClosed),
            ("SELECT 'a\\'", LexError::NotClosed),
            ("SELECT `a", LexError::NotClosed),
            ("SELECT 1 /* a", LexError::NotClosed),
            ("SELECT 1 /*!50000 + 1 */", LexError::ExecutableComment),
            ("SELECT 1 /*M!100000 + 1 */", LexError::ExecutableComment),
            ("SELECT \u{1}1", LexError::Character),
            ("SELECT 1 # \0\n", LexError::Character),
            ("SELECT 1a", LexError::Number),
            ("SELECT 0xG", LexError::Number),
            ("SELECT x'G'", LexError::Number),
            ("SELECT 1e", LexError::Number),
            ("SELECT 1.2.3", LexError::Number),
            ("SELECT \"a\\\"\"", LexError::Backslash),
            ("SELECT 1; SELECT 2", LexError::SeveralStatements),
            ("SELECT 1;;", LexError::SeveralStatements),
            ("SELECT @'a'", LexError::QuotedVariable),
            (&long, LexError::TooLong),
            (&lists, LexError::TooLong),
        ] {
            assert_eq!(Lexed::read(sql), Err(expected), "{sql:.40}");
        }
    }

    proptest! {
        /// What an application inlines by the rules of MySQL stays one value, whatever the text is.
        #[test]
        fn an_escaped_text_is_one_value(text in any::<String>()) {
            let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
            let sql = format!("SELECT a FROM t WHERE a = '{escaped}' AND b = 1");
            prop_assert!(covers("SELECT a FROM t WHERE a = ? AND b = 1", &sql));
            let doubled = text.replace('\\', "\\\\").replace('\'', "''");
            let sql = format!("SELECT a FROM t WHERE a = '{doubled}' AND b = 1");
            prop_assert!(covers("SELECT a FROM t WHERE a = ? AND b = 1", &sql));
        }

        /// Outside of quotes, only a literal counts as a value.
        #[test]
        fn what_is_added_is_noticed(text in "[a-z0-9'\"`\\\\ ;#*/!=(),.@-]{0,12}") {
            let sql = format!("SELECT a FROM t WHERE a = 1 {text}");
            let tokens = |sql: &str| Lexed::read(sql).map(|it| it.tokens);
            if covers("SELECT a FROM t WHERE a = ?", &sql) {
                // Only white space, comments and a last semicolon were added.
                prop_assert_eq!(tokens(&sql), tokens("SELECT a FROM t WHERE a = 1"));
            }
        }

        #[test]
        fn no_text_panics(sql in any::<String>()) {
            if let Ok(lexed) = Lexed::read(&sql) {
                let mut templates = Templates::default();
                templates.add(&lexed);
                prop_assert!(templates.cover(&lexed));
            }
        }

        #[test]
        fn a_prefix_does_not_panic(cut in 0_usize..200) {
            let sql = "SELECT /* c */ 'a\\'b', \"d\"\"e\", `f``g`, x'0F', b'1', 0x1f, 0b1, N'h', -1.5e+3, :i, ? -- j\n # k\n;";
            if let Some(prefix) = sql.get(..cut) {
                let _read = Lexed::read(prefix);
            }
        }
    }
}
