//! The parser's position in a statement, and the basic steps of parsing.

use rusqlite::types::Value;

use super::lexer::{Token, TokenKind};
use super::plan::Context;
use super::reserved::is_reserved;
use super::statement::Statement;
use crate::server_error::ServerError;

pub(super) type Result<T> = std::result::Result<T, ServerError>;

/// The limit on nested parentheses, subqueries and operators. It bounds this parser's stack and the depth of SQLite's
/// expressions.
const DEPTH_LIMIT: usize = 30;

pub(super) struct Parser<'a> {
    /// The tokens, without white space and comments.
    tokens: Vec<Token>,
    text: &'a [u8],
    at: usize,
    depth: usize,
    pub(super) context: &'a Context<'a>,
    /// The values of the `?` parameters, if they are known.
    values: Option<&'a [Value]>,
    /// The tables that the statement reads, as parsed so far.
    pub(super) tables_read: Vec<String>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(
        statement: &'a Statement,
        context: &'a Context<'a>,
        values: Option<&'a [Value]>,
    ) -> Self {
        let is_word = |token: &&Token| token.kind != TokenKind::Space;
        Self {
            tokens: statement.tokens.iter().filter(is_word).cloned().collect(),
            text: &statement.text,
            at: 0,
            depth: 0,
            context,
            values,
            tables_read: Vec::new(),
        }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn go_to(&mut self, position: usize) {
        self.at = position;
    }

    pub(super) fn kind(&self, ahead: usize) -> Option<&TokenKind> {
        let token = self.tokens.get(self.at.saturating_add(ahead));
        token.map(|token| &token.kind)
    }

    pub(super) fn next(&mut self) -> Option<TokenKind> {
        let kind = self.kind(0).cloned();
        self.advance(1);
        kind
    }

    pub(super) fn advance(&mut self, tokens: usize) {
        self.at = self.at.saturating_add(tokens).min(self.tokens.len());
    }

    /// Whether no space precedes a token.
    pub(super) fn is_adjacent(&self, ahead: usize) -> bool {
        let index = self.at.saturating_add(ahead);
        let before = index.checked_sub(1).and_then(|at| self.tokens.get(at));
        match (before, self.tokens.get(index)) {
            (Some(before), Some(token)) => before.end == token.at,
            _ => false,
        }
    }

    pub(super) fn is_word(&self, ahead: usize, wanted: &str) -> bool {
        matches!(self.kind(ahead), Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case(wanted))
    }

    pub(super) fn is_other(&self, ahead: usize, wanted: char) -> bool {
        self.kind(ahead) == Some(&TokenKind::Other(wanted))
    }

    /// Skips these words if they follow. Returns whether they did.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let follow = words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.is_word(ahead, word));
        if follow {
            self.advance(words.len());
        }
        follow
    }

    pub(super) fn take_other(&mut self, wanted: char) -> bool {
        let follows = self.is_other(0, wanted);
        if follows {
            self.advance(1);
        }
        follows
    }

    /// Returns the one of these words that follows.
    pub(super) fn word_among<'w>(&self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().copied().find(|word| self.is_word(0, word))
    }

    /// Refuses the statement if one of these words follows.
    pub(super) fn refuse_words(&self, words: &[&str]) -> Result<()> {
        match self.word_among(words) {
            Some(word) => Err(ServerError::not_emulated(word)),
            None => Ok(()),
        }
    }

    /// Whether a `SELECT` follows, with or without a `WITH`.
    pub(super) fn is_query(&self) -> bool {
        self.is_word(0, "SELECT") || self.is_word(0, "WITH")
    }

    pub(super) fn expect(&mut self, words: &[&str]) -> Result<()> {
        match self.take(words) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    pub(super) fn expect_other(&mut self, wanted: char) -> Result<()> {
        match self.take_other(wanted) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    /// The characters of an operator, which follow each other without space.
    pub(super) fn operator(&self) -> String {
        let mut operator = String::new();
        while let Some(TokenKind::Other(sign)) = self.kind(operator.len()) {
            if !"<>=!|&:".contains(*sign)
                || !operator.is_empty() && !self.is_adjacent(operator.len())
            {
                break;
            }
            operator.push(*sign);
        }
        operator
    }

    /// Parses one or more items, separated by commas.
    pub(super) fn comma_separated<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut list = Vec::new();
        loop {
            list.push(read(self)?);
            if !self.take_other(',') {
                return Ok(list);
            }
        }
    }

    /// Reads a word, as it is written.
    pub(super) fn next_word(&mut self) -> Result<String> {
        match self.next() {
            Some(TokenKind::Word(word)) => Ok(word),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn word_or_text(&mut self) -> Result<String> {
        match self.next() {
            Some(TokenKind::Word(word)) => Ok(word),
            Some(TokenKind::Text(text)) => Ok(String::from_utf8_lossy(&text).into_owned()),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn name(&mut self) -> Result<String> {
        match self.kind(0) {
            Some(TokenKind::QuotedName(name)) => {
                let name = name.clone();
                self.advance(1);
                Ok(name)
            }
            Some(TokenKind::Word(word)) if !is_reserved(word) => {
                let word = word.clone();
                self.advance(1);
                Ok(word)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Parses a table's name, with or without the database's name.
    pub(super) fn table_name(&mut self) -> Result<String> {
        let name = self.name()?;
        if !self.take_other('.') {
            return Ok(name);
        }
        if name != self.context.database {
            return Err(ServerError::not_emulated(format!(
                "the database '{name}': the only one is '{}'",
                self.context.database
            )));
        }
        self.name()
    }

    /// Advances to the first of these words outside of nested parentheses. It stops at the end of the statement, or of
    /// the parentheses that are being parsed. Returns whether it found a word.
    pub(super) fn skip_to(&mut self, words: &[&str]) -> bool {
        let mut depth = 0_usize;
        loop {
            match self.kind(0) {
                None => return false,
                Some(TokenKind::Other('(')) => depth = depth.saturating_add(1),
                Some(TokenKind::Other(')')) if depth == 0 => return false,
                Some(TokenKind::Other(')')) => depth = depth.saturating_sub(1),
                Some(TokenKind::Word(_)) if depth == 0 && self.word_among(words).is_some() => {
                    return true;
                }
                _ => {}
            }
            self.advance(1);
        }
    }

    /// The number of the `?` that was just read, counted from 1, and its value if it is known.
    pub(super) fn parameter(&self) -> (usize, Option<Value>) {
        let before = self.tokens.get(..self.at).unwrap_or_default().iter();
        let is_parameter = |token: &&Token| token.kind == TokenKind::Parameter;
        let number = before.filter(is_parameter).count();
        let index = number.checked_sub(1);
        let value = index.and_then(|index| self.values.and_then(|values| values.get(index)));
        (number, value.cloned())
    }

    /// How many `?` parameters the statement has.
    pub(super) fn parameter_count(&self) -> usize {
        let is_parameter = |token: &&Token| token.kind == TokenKind::Parameter;
        self.tokens.iter().filter(is_parameter).count()
    }

    /// The statement's text from the token at `position` up to the current one.
    pub(super) fn text_from(&self, position: usize) -> String {
        let start = self.tokens.get(position).map_or(0, |token| token.at);
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let end = last.map_or(start, |token| token.end);
        let text = self.text.get(start..end).unwrap_or_default();
        let text = String::from_utf8_lossy(text).into_owned();
        match text.split_once("/*!") {
            // The contents of an executed comment are ordinary text.
            Some((before, within)) => {
                let within = within.trim_start_matches(|it: char| it.is_ascii_digit());
                format!("{before}{}", within.replace("*/", ""))
            }
            None => text,
        }
    }

    /// Parses a construct that may contain itself, within the limit on nesting.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH_LIMIT {
            let what = format!("an expression of more than {DEPTH_LIMIT} levels");
            return Err(ServerError::not_emulated(what));
        }
        self.depth = self.depth.saturating_add(1);
        let read = read(self);
        self.depth = self.depth.saturating_sub(1);
        read
    }

    pub(super) fn end(&self) -> Result<()> {
        match self.kind(0) {
            None => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// The error for a token that cannot be parsed.
    pub(super) fn unexpected(&self) -> ServerError {
        let Some(token) = self.tokens.get(self.at) else {
            return ServerError::syntax("unexpected end of the statement");
        };
        let end = token.end.min(token.at.saturating_add(40));
        let text = self.text.get(token.at..end).unwrap_or_default();
        let near = String::from_utf8_lossy(text);
        ServerError::syntax(format!("near \"{near}\": syntax error"))
    }
}
