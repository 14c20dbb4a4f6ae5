//! `CREATE TABLE` as MySQL has it, less what SQLite does not take.
//!
//! | MySQL | here |
//! |---|---|
//! | `INT(11) UNSIGNED AUTO_INCREMENT` | `INTEGER`, of which SQLite gives values by itself in a primary key |
//! | `ENUM('a', 'b')`, `SET(…)` | their names alone: any text |
//! | `CHARACTER SET`, `COLLATE`, `COMMENT`, `ON UPDATE CURRENT_TIMESTAMP` | left out |
//! | `DEFAULT NOW()` | `DEFAULT CURRENT_TIMESTAMP` |
//! | `UNIQUE KEY name (…)` | `UNIQUE (…)` |
//! | `KEY name (…)`, `INDEX`, `FULLTEXT KEY`, `SPATIAL KEY` | left out |
//! | what follows the columns: `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4` | left out |

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
    let mut head = Vec::new();
    let mut definitions = vec![Vec::new()];
    let mut depth = 0_usize;
    for token in tokens {
        let before = depth;
        step(&mut depth, &token.kind);
        if before == 0 {
            // The table's name, and the parenthesis behind it.
            head.push(token.clone());
        } else if depth == 0 {
            break;
        } else if depth == 1 && token.kind == TokenKind::Other(',') {
            definitions.push(Vec::new());
        } else if let Some(definition) = definitions.last_mut() {
            definition.push(token.clone());
        }
    }
    let mut adapted = head;
    let mut is_first = true;
    for definition in definitions.into_iter().filter_map(adapt_definition) {
        if !is_first {
            adapted.push(other(','));
        }
        is_first = false;
        adapted.extend(definition);
    }
    adapted.push(other(')'));
    adapted
}

/// A column, or what is said of several. None for what SQLite has in a statement of its own.
fn adapt_definition(definition: Vec<Token>) -> Option<Vec<Token>> {
    let words: Vec<&Token> = definition
        .iter()
        .filter(|token| token.kind != TokenKind::Space)
        .collect();
    let first = words.first()?;
    let second_is = |wanted: &[&str]| {
        let second = words.get(1);
        second.is_some_and(|second| wanted.iter().any(|word| is_word(second, word)))
    };
    // A column may have such a name: then a type follows, and no name with a parenthesis behind it.
    let is_index = ["KEY", "INDEX"].iter().any(|word| is_word(first, word))
        && words
            .iter()
            .take(3)
            .any(|token| token.kind == TokenKind::Other('('));
    let is_special = ["FULLTEXT", "SPATIAL"]
        .iter()
        .any(|word| is_word(first, word));
    if is_index || is_special && second_is(&["KEY", "INDEX"]) {
        return None;
    }
    if is_word(first, "UNIQUE") {
        let columns = definition
            .iter()
            .position(|token| token.kind == TokenKind::Other('('))?;
        let mut adapted = vec![word("UNIQUE"), space()];
        adapted.extend(definition.get(columns..)?.iter().cloned());
        return Some(adapted);
    }
    let of_table = ["PRIMARY", "CONSTRAINT", "FOREIGN", "CHECK"];
    if of_table.iter().any(|word| is_word(first, word)) {
        return Some(definition);
    }
    Some(adapt_column(definition))
}

fn adapt_column(column: Vec<Token>) -> Vec<Token> {
    let has_ids = column.iter().any(|token| is_word(token, "AUTO_INCREMENT"));
    let mut tokens = column.into_iter().peekable();
    let mut adapted = Vec::new();
    let mut names = 0_usize;
    while let Some(token) = tokens.next() {
        let is = |wanted: &str| is_word(&token, wanted);
        if is("AUTO_INCREMENT") || has_ids && (is("UNSIGNED") || is("SIGNED") || is("ZEROFILL")) {
            continue;
        }
        // What is left out with so many words behind it.
        let behind = match () {
            () if names < 2 => None,
            () if is("COLLATE") || is("COMMENT") || is("CHARSET") => Some(1),
            () if is("CHARACTER") => Some(2),
            () if is("ON") && next_is(&mut tokens, "UPDATE") => Some(2),
            () => None,
        };
        if let Some(behind) = behind {
            for _ in 0..behind {
                skip_space(&mut tokens);
                tokens.next();
            }
            skip_arguments(&mut tokens);
            continue;
        }
        if is("NOW") {
            skip_arguments(&mut tokens);
            adapted.push(word("CURRENT_TIMESTAMP"));
            continue;
        }
        if is("CURRENT_TIMESTAMP") {
            skip_arguments(&mut tokens);
        }
        if let TokenKind::Word(_) | TokenKind::QuotedName(_) = token.kind {
            names = names.saturating_add(1);
            if names == 2 && (has_ids || is("ENUM") || is("SET")) {
                skip_arguments(&mut tokens);
                adapted.push(if has_ids { word("INTEGER") } else { token });
                continue;
            }
        }
        adapted.push(token);
    }
    adapted
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<Token>>;

fn skip_space(tokens: &mut Tokens) {
    while tokens
        .next_if(|token| token.kind == TokenKind::Space)
        .is_some()
    {}
}

fn next_is(tokens: &mut Tokens, wanted: &str) -> bool {
    skip_space(tokens);
    tokens.peek().is_some_and(|token| is_word(token, wanted))
}

/// A parenthesis and what is in it, if that is what follows.
fn skip_arguments(tokens: &mut Tokens) {
    let mut depth = 0_usize;
    while let Some(token) = tokens.peek() {
        let is_open = token.kind == TokenKind::Other('(');
        if depth == 0 && !is_open {
            return;
        }
        step(&mut depth, &token.kind);
        tokens.next();
        if depth == 0 {
            return;
        }
    }
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

fn word(word: &str) -> Token {
    token(TokenKind::Word(word.to_owned()))
}

fn space() -> Token {
    token(TokenKind::Space)
}

fn other(character: char) -> Token {
    token(TokenKind::Other(character))
}

/// One that stands in no text of a user's.
fn token(kind: TokenKind) -> Token {
    Token { kind, at: 0 }
}
