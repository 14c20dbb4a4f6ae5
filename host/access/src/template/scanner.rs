//! Reading a statement character by character.

use super::LexError;

/// The rest of a statement.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn starts_with(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    /// The text from an earlier state to this one.
    pub(super) fn since(&self, earlier: &Self) -> &'a str {
        self.text.get(earlier.at..self.at).unwrap_or_default()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.skip(next.len_utf8());
        Some(next)
    }

    /// Skips bytes, up to the boundary of a character.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    pub(super) fn skip_while(&mut self, is_wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        let end = rest.find(|it| !is_wanted(it)).unwrap_or(rest.len());
        self.skip(end);
    }

    /// Skips everything up to and with an end.
    ///
    /// # Errors
    ///
    /// [`LexError::NotClosed`].
    pub(super) fn skip_past(&mut self, end: &str) -> Result<(), LexError> {
        let at = self.rest().find(end).ok_or(LexError::NotClosed)?;
        self.skip(at.saturating_add(end.len()));
        Ok(())
    }
}
