//! Templates: statements that are compared without their values.
//!
//! A client that writes values into its SQL sends another text each time. A [`Template`] is a statement of the
//! configuration in which `?` or `:name` stands for a value; it covers every statement that consists of the same tokens
//! and has a literal, or a parameter, in those places. White space and comments do not matter. A literal that the
//! template contains is a part of it: `WHERE role = 'public'` does not cover `WHERE role = 'secret'`.
//!
//! | in the template | in a statement that it covers |
//! |---|---|
//! | `?`, where a value begins | a literal with its sign, such as `-7` |
//! | `-?`, where a value begins | a number with this sign |
//! | `IN (?)` | a list of any length |
//! | `VALUES (?, ?)` | any number of rows of as many values |
//!
//! Whatever the server could read in another way than this module is refused:
//!
//! | text | why |
//! |---|---|
//! | `/*! … */` and `/*M! … */` | the server executes what the comment contains |
//! | a backslash within `"…"` | with `ANSI_QUOTES` it does not escape |
//! | a string after `@`, as in `@'a'` | it is the name of a variable or a host |
//! | a semicolon within the text | several statements |
//! | more than 65,536 tokens | it takes too much memory |
//! | what is not closed; control characters; a number that runs into a word | it is no valid SQL |
//!
//! `"…"` is a string, or with `ANSI_QUOTES` an identifier. It is compared as it is, and is never a value.
//!
//! The lexer treats a backslash in `'…'` as an escape. In a session with `NO_BACKSLASH_ESCAPES`, which the server
//! reports in its status flags, a backslash escapes nothing: the caller of the lexer must then refuse a text with a
//! backslash.

mod lexer;
mod literals;
mod rows;
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

/// A list with one placeholder, `IN (?)`, covers lists of every length, and so does a column of `VALUES (?, ?)`.
fn covers(wanted: &[Value], given: &[Value]) -> bool {
    if let [wanted @ Value::Placeholder { .. }] = wanted {
        return given.iter().all(|it| wanted.covers(it));
    }
    let same = |(wanted, given): (&Value, &Value)| wanted.covers(given);
    wanted.len() == given.len() && wanted.iter().zip(given).all(same)
}

#[cfg(test)]
mod tests;
