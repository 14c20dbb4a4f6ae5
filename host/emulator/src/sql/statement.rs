//! Splitting of a text into its statements.

use std::sync::Arc;

use super::lexer::{Token, TokenKind, Unclosed, tokens};

/// The tokens of one statement, without space at its beginning and end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) tokens: Vec<Token>,
    /// The whole text, to which the tokens' positions refer.
    pub(crate) text: Arc<[u8]>,
    /// The line on which the statement begins, counted from 1.
    pub(crate) line: usize,
}

/// Splits a text into its statements, and omits empty ones.
pub(crate) fn split(sql: &[u8]) -> Result<Vec<Statement>, Unclosed> {
    let tokens = tokens(sql)?;
    let text: Arc<[u8]> = sql.into();
    let statements = tokens
        .split(|token| token.kind == TokenKind::End)
        .filter_map(|tokens| {
            let is_word = |token: &Token| token.kind != TokenKind::Space;
            let first = tokens.iter().position(is_word)?;
            let last = tokens.iter().rposition(is_word)?;
            let tokens = tokens.get(first..=last)?.to_vec();
            let line = line_of(sql, tokens.first()?.at);
            Some(Statement {
                tokens,
                text: Arc::clone(&text),
                line,
            })
        });
    Ok(statements.collect())
}

/// The line of the byte at `at`, counted from 1.
pub(crate) fn line_of(sql: &[u8], at: usize) -> usize {
    let before = sql.get(..at).unwrap_or_default();
    let ends = before.iter().filter(|byte| **byte == b'\n').count();
    ends.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_by_one_with_their_lines() {
        let statements = split(b"SELECT ';';\n\n# a; b\nSELECT 2;;").unwrap();
        let lines: Vec<usize> = statements.iter().map(|it| it.line).collect();
        assert_eq!(lines, [1, 4]);
        assert_eq!(statements[1].tokens.len(), 3);
        assert!(split(b" ; -- \n").unwrap().is_empty());
    }
}
