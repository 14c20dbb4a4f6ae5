//! `CREATE TABLE` as MySQL has it, less what SQLite does not take.
//!
//! A column with `AUTO_INCREMENT` gets the type `INTEGER`, of which SQLite gives values by itself where it is
//! the primary key; and what follows the columns (`ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`) is left out.

use super::lexer::{Token, TokenKind};

/// Whether the table's rows come from a `SELECT`: then it is SQLite's as it stands.
pub(super) fn is_from_select(tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    tokens.iter().any(|token| {
        step(&mut depth, &token.kind);
        depth == 0 && (is_word(token, "AS") || is_word(token, "SELECT"))
    })
}

pub(super) fn adapt(tokens: &[Token]) -> Vec<Token> {
    let mut adapted = Vec::with_capacity(tokens.len());
    let mut column = Vec::new();
    let mut depth = 0_usize;
    for token in tokens {
        let before = depth;
        step(&mut depth, &token.kind);
        let is_comma = depth == 1 && token.kind == TokenKind::Other(',');
        let is_end = before == 1 && depth == 0;
        if depth == 0 && !is_end || before == 0 {
            // The table's name, and the parenthesis behind it.
            adapted.push(token.clone());
        } else if is_comma || is_end {
            adapted.append(&mut adapt_column(std::mem::take(&mut column)));
            adapted.push(token.clone());
            if is_end {
                break;
            }
        } else {
            column.push(token.clone());
        }
    }
    adapted
}

fn adapt_column(column: Vec<Token>) -> Vec<Token> {
    if !column.iter().any(|token| is_word(token, "AUTO_INCREMENT")) {
        return column;
    }
    let mut adapted = Vec::with_capacity(column.len());
    let mut names = 0_usize;
    let mut depth = 0_usize;
    for mut token in column {
        let before = depth;
        step(&mut depth, &token.kind);
        let is_of_type = depth > 0 || before > 0;
        let is_left_out = ["AUTO_INCREMENT", "UNSIGNED", "SIGNED", "ZEROFILL"]
            .iter()
            .any(|word| is_word(&token, word));
        if is_of_type || is_left_out {
            continue;
        }
        if let TokenKind::Word(_) | TokenKind::QuotedName(_) = token.kind {
            names = names.saturating_add(1);
            if names == 2 {
                token.kind = TokenKind::Word("INTEGER".to_owned());
            }
        }
        adapted.push(token);
    }
    adapted
}

fn step(depth: &mut usize, kind: &TokenKind) {
    match kind {
        TokenKind::Other('(') => *depth = depth.saturating_add(1),
        TokenKind::Other(')') => *depth = depth.saturating_sub(1),
        _ => {}
    }
}

fn is_word(token: &Token, wanted: &str) -> bool {
    matches!(&token.kind, TokenKind::Word(word) if word.eq_ignore_ascii_case(wanted))
}
