//! `CREATE TABLE` as MySQL has it, less what SQLite does not take.
//!
//! A column with `AUTO_INCREMENT` becomes SQLite's `INTEGER PRIMARY KEY`, and what follows the columns
//! (`ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`) is left out.

use super::lexer::{Token, TokenKind};

pub(super) fn adapt(tokens: &[Token]) -> Vec<Token> {
    let mut adapted = Vec::with_capacity(tokens.len());
    let mut depth = 0_usize;
    // Where the type of the column at hand stands.
    let mut words_of_column = 0_usize;
    let mut type_at = None;
    for token in tokens {
        match &token.kind {
            TokenKind::Other('(') => {
                depth = depth.saturating_add(1);
                if depth == 1 {
                    words_of_column = 0;
                }
            }
            TokenKind::Other(')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    adapted.push(token.clone());
                    return adapted;
                }
            }
            TokenKind::Other(',') if depth == 1 => words_of_column = 0,
            TokenKind::Word(word) if depth == 1 && word.eq_ignore_ascii_case("AUTO_INCREMENT") => {
                if let Some(Token {
                    kind: TokenKind::Word(name),
                    ..
                }) = type_at.and_then(|at: usize| adapted.get_mut(at))
                {
                    "INTEGER".clone_into(name);
                }
                continue;
            }
            TokenKind::Word(_) | TokenKind::QuotedName(_) if depth == 1 => {
                words_of_column = words_of_column.saturating_add(1);
                if words_of_column == 2 {
                    type_at = Some(adapted.len());
                }
            }
            _ => {}
        }
        adapted.push(token.clone());
    }
    adapted
}
