//! Splits a statement into its tokens, as MySQL and MariaDB do.
//!
//! Source: MySQL Reference Manual, "Language Structure".

use super::literals::{is_of_word, skip_number, skip_quoted};
use super::rows::joined_rows;
use super::scanner::Scanner;
use super::token::{Token, Value};
use super::{LexError, Lexed};

/// Words after which a sign belongs to the value that follows. They are reserved, so they are names only in quotes, and
/// after `.` and `@`.
const BEFORE_VALUES: [&str; 23] = [
    "SELECT", "WHERE", "AND", "OR", "XOR", "NOT", "BETWEEN", "LIKE", "WHEN", "THEN", "ELSE",
    "CASE", "HAVING", "BY", "DIV", "MOD", "IN", "INTERVAL", "REGEXP", "RLIKE", "DISTINCT", "ALL",
    "ON",
];

/// A token takes more memory than its text.
const MOST_TOKENS: usize = 1 << 16;

pub(super) fn read(sql: &str) -> Result<Lexed, LexError> {
    let mut lexer = Lexer {
        scanner: Scanner::new(sql),
        tokens: Vec::new(),
        read_tokens: 0,
        list: None,
        is_touching: false,
    };
    while lexer.step()? {}
    let mut tokens = lexer.tokens;
    if tokens.last().is_some_and(|it| it.is(";")) {
        tokens.pop();
    }
    if tokens.iter().any(|it| it.is(";")) {
        return Err(LexError::SeveralStatements);
    }
    if tokens.is_empty() {
        return Err(LexError::Empty);
    }
    Ok(Lexed {
        tokens: joined_rows(tokens),
    })
}

struct Lexer<'a> {
    scanner: Scanner<'a>,
    tokens: Vec<Token>,
    /// How many were read: those of a list too, which are joined.
    read_tokens: usize,
    /// Where the values of a list begin, if only values, signs and commas followed `IN (`.
    list: Option<usize>,
    /// Whether nothing is between the last token and the next character.
    is_touching: bool,
}

impl Lexer<'_> {
    /// Reads a token, or skips what is between tokens. Returns whether there was anything.
    fn step(&mut self) -> Result<bool, LexError> {
        let Some(next) = self.scanner.peek() else {
            return Ok(false);
        };
        if self.read_tokens >= MOST_TOKENS {
            return Err(LexError::TooLong);
        }
        if self.skip_between(next)? {
            self.is_touching = false;
            return Ok(true);
        }
        match next {
            '\'' => self.string(&self.scanner.clone())?,
            '"' => self.double_quoted()?,
            '`' => self.text(|scanner| skip_quoted(scanner, false).map(drop))?,
            '?' => self.placeholder(1),
            ':' if self.names_parameter() => {
                let name = self.scanner.rest().get(1..).unwrap_or_default();
                let length = name.find(|it| !is_of_word(it)).unwrap_or(name.len());
                self.placeholder(length.saturating_add(1));
            }
            '0'..='9' => self.number()?,
            '.' if self.begins_fraction() => self.number()?,
            next if is_of_word(next) => self.word()?,
            next if next.is_ascii_graphic() => self.operator()?,
            _ => return Err(LexError::Character),
        }
        self.is_touching = true;
        self.note_list();
        Ok(true)
    }

    /// Skips white space and comments. A comment that the server executes is an error, and a hint is a token.
    fn skip_between(&mut self, next: char) -> Result<bool, LexError> {
        let scanner = &mut self.scanner;
        if matches!(next, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}') {
            scanner.next();
            return Ok(true);
        }
        // The server takes two dashes for a comment only before white space.
        let after_dashes = scanner.rest().strip_prefix("--");
        let is_dashes = after_dashes.is_some_and(|rest| {
            let after = rest.chars().next();
            after.is_none_or(|it| it.is_ascii_whitespace() || it.is_ascii_control())
        });
        if next == '#' || is_dashes {
            let line = scanner.rest();
            let length = line.find('\n').unwrap_or(line.len());
            if line.chars().take(length).any(|it| it == '\0') {
                return Err(LexError::Character);
            }
            scanner.skip(length);
            return Ok(true);
        }
        if !scanner.starts_with("/*") {
            return Ok(false);
        }
        if scanner.starts_with("/*!") || scanner.starts_with("/*M!") {
            return Err(LexError::ExecutableComment);
        }
        let start = scanner.clone();
        scanner.skip(2);
        scanner.skip_past("*/")?;
        let comment = scanner.since(&start);
        if comment.contains('\0') {
            return Err(LexError::Character);
        }
        if comment.starts_with("/*+") {
            self.push(Token::Text(comment.to_owned()));
        }
        Ok(true)
    }

    fn push(&mut self, token: Token) {
        self.read_tokens = self.read_tokens.saturating_add(1);
        self.tokens.push(token);
    }

    /// Adds a token that must be the same.
    fn text(
        &mut self,
        skip: impl FnOnce(&mut Scanner<'_>) -> Result<(), LexError>,
    ) -> Result<(), LexError> {
        let start = self.scanner.clone();
        skip(&mut self.scanner)?;
        let text = self.scanner.since(&start);
        if text.contains('\0') {
            return Err(LexError::Character);
        }
        self.push(Token::Text(text.to_owned()));
        Ok(())
    }

    fn value(&mut self, value: Value) {
        self.push(Token::Values(vec![value]));
    }

    fn placeholder(&mut self, length: usize) {
        self.scanner.skip(length);
        let signs = self.take_signs();
        self.value(Value::Placeholder { signs });
    }

    /// A string in single quotes, whose token begins at `start`.
    fn string(&mut self, start: &Scanner<'_>) -> Result<(), LexError> {
        if self.last().is_some_and(|it| it.is("@") || it.is("@@")) {
            return Err(LexError::QuotedVariable);
        }
        skip_quoted(&mut self.scanner, true)?;
        let literal = text_between(start, &self.scanner);
        self.value(Value::Literal(literal));
        Ok(())
    }

    /// Bytes in hexadecimal or binary digits, whose token begins at `start`.
    fn bytes(&mut self, start: &Scanner<'_>) -> Result<(), LexError> {
        self.scanner.skip(1);
        self.scanner.skip_while(|it| it.is_ascii_hexdigit());
        if self.scanner.next() != Some('\'') {
            return Err(LexError::Number);
        }
        let literal = text_between(start, &self.scanner);
        self.value(Value::Literal(literal));
        Ok(())
    }

    /// A name with `ANSI_QUOTES`, and else a string.
    fn double_quoted(&mut self) -> Result<(), LexError> {
        self.text(|scanner| {
            if skip_quoted(scanner, true)? {
                Err(LexError::Backslash)
            } else {
                Ok(())
            }
        })
    }

    fn number(&mut self) -> Result<(), LexError> {
        // The name of a column may begin with digits.
        if self.is_touching && self.last().is_some_and(|it| it.is(".")) {
            return self.word();
        }
        let start = self.scanner.clone();
        skip_number(&mut self.scanner)?;
        let number = text_between(&start, &self.scanner);
        let literal = self.take_signs() + &number;
        self.value(Value::Literal(literal));
        Ok(())
    }

    /// Removes the signs that were read last, as far as they belong to a value that follows, and returns them.
    fn take_signs(&mut self) -> String {
        let mut signs = Vec::new();
        while let Some(sign) = self.sign() {
            self.tokens.pop();
            signs.push(sign);
        }
        signs.into_iter().rev().collect()
    }

    /// The sign that was read last, if it belongs to a value and is no operator between two values.
    fn sign(&self) -> Option<char> {
        let (last, before) = self.tokens.split_last()?;
        let sign = ["-", "+"].into_iter().find(|sign| last.is(sign))?;
        let is_sign = match before.split_last() {
            None => true,
            Some((Token::Values(_), _)) => false,
            Some((Token::Text(text), earlier)) => {
                let is_name = earlier.last().is_some_and(|it| it.is(".") || it.is("@"));
                let is_reserved = BEFORE_VALUES.iter().any(|it| it.eq_ignore_ascii_case(text));
                let is_operator = matches!(
                    text.as_str(),
                    "=" | "<"
                        | ">"
                        | "!"
                        | "("
                        | ","
                        | "+"
                        | "-"
                        | "*"
                        | "/"
                        | "%"
                        | "|"
                        | "&"
                        | "^"
                        | "~"
                );
                is_operator || is_reserved && !is_name
            }
        };
        sign.chars().next().filter(|_| is_sign)
    }

    fn word(&mut self) -> Result<(), LexError> {
        let start = self.scanner.clone();
        self.scanner.skip_while(is_of_word);
        let word = text_between(&start, &self.scanner);
        if self.scanner.peek() == Some('\'') {
            match word.as_str() {
                "x" | "X" | "b" | "B" => return self.bytes(&start),
                "n" | "N" => return self.string(&start),
                _ => {}
            }
        }
        if self.is_literal(&word) {
            self.value(Value::Literal(word.to_ascii_uppercase()));
        } else {
            self.push(Token::Text(word));
        }
        Ok(())
    }

    /// `NULL`, `TRUE` and `FALSE` are values, except in `IS NULL` and as names.
    fn is_literal(&self, word: &str) -> bool {
        let literals = ["NULL", "TRUE", "FALSE"];
        let last = |word: &str| self.last().is_some_and(|it| it.is(word));
        let before_last = self.tokens.len().checked_sub(2);
        let before_last = before_last.and_then(|at| self.tokens.get(at));
        let is_tested = last("IS") || last("NOT") && before_last.is_some_and(|it| it.is("IS"));
        literals.iter().any(|it| it.eq_ignore_ascii_case(word)) && !last(".") && !is_tested
    }

    fn operator(&mut self) -> Result<(), LexError> {
        self.text(|scanner| {
            scanner.next();
            Ok(())
        })
    }

    /// Whether a colon begins the name of a parameter.
    fn names_parameter(&self) -> bool {
        let after = self.scanner.rest().chars().nth(1);
        after.is_some_and(|it| it.is_ascii_alphabetic() || it == '_')
    }

    /// Whether a point begins a number such as `.5`, and is not that of a name.
    fn begins_fraction(&self) -> bool {
        let after = self.scanner.rest().chars().nth(1);
        let is_of_name = self.is_touching
            && self.last().is_some_and(|it| match it {
                Token::Text(text) => text.ends_with(|it| is_of_word(it) || matches!(it, '`' | '"')),
                Token::Values(_) => true,
            });
        after.is_some_and(|it| it.is_ascii_digit()) && !is_of_name
    }

    fn last(&self) -> Option<&Token> {
        self.tokens.last()
    }

    /// Joins the values of `IN (…)` when its parenthesis is closed.
    fn note_list(&mut self) {
        let Some((last, before)) = self.tokens.split_last() else {
            return;
        };
        if last.is("(") {
            let is_list = before.last().is_some_and(|it| it.is("IN"));
            self.list = is_list.then_some(self.tokens.len());
        } else if last.is(")") {
            let start = self.list.take();
            if let Some(values) = start.and_then(|start| joined(before.get(start..)?)) {
                self.tokens.truncate(start.unwrap_or_default());
                self.tokens.push(Token::Values(values));
                self.tokens.push(Token::Text(")".to_owned()));
            }
        } else if matches!(last, Token::Text(text) if !matches!(text.as_str(), "," | "-" | "+")) {
            self.list = None;
        }
    }
}

/// The values of a list, between which there are commas.
fn joined(list: &[Token]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    for (number, token) in list.iter().enumerate() {
        match token {
            Token::Values(one) if number.is_multiple_of(2) => values.extend(one.iter().cloned()),
            comma if !number.is_multiple_of(2) && comma.is(",") => {}
            _ => return None,
        }
    }
    (!list.len().is_multiple_of(2)).then_some(values)
}

fn text_between(start: &Scanner<'_>, end: &Scanner<'_>) -> String {
    end.since(start).to_owned()
}
