//! Lexical analysis of MySQL's SQL.
//!
//! Source: MySQL 8.0 Reference Manual, "Language Structure": "String Literals", "Comments".

/// A token of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Where it begins in the text, in bytes.
    pub(crate) at: usize,
    /// Where it ends in the text, in bytes.
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// White space or a comment.
    Space,
    /// A keyword or a name.
    Word(String),
    /// A number without its sign.
    Number(String),
    /// A name in backticks.
    QuotedName(String),
    /// A string literal, its escapes resolved.
    Text(Vec<u8>),
    /// `0x…`, `x'…'`, `_binary'…'`
    Bytes(Vec<u8>),
    /// `@@name`, in lower case, without its scope.
    Variable(String),
    /// `?`
    Parameter,
    /// `;`
    End,
    /// Any other character.
    Other(char),
}

/// A string, a quoted name or a comment that is not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed {
    /// The message, such as "a string is not closed".
    pub(crate) what: &'static str,
    /// Where it begins in the text, in bytes.
    pub(crate) at: usize,
}

/// Returns all tokens of a text. Invalid UTF-8 outside of literals becomes U+FFFD.
pub(crate) fn tokens(sql: &[u8]) -> Result<Vec<Token>, Unclosed> {
    let mut lexer = Lexer {
        sql,
        at: 0,
        is_in_versioned_comment: false,
    };
    let mut tokens: Vec<Token> = Vec::new();
    while lexer.at < sql.len() {
        let at = lexer.at;
        let kind = lexer.next().map_err(|what| Unclosed { what, at })?;
        match (&kind, tokens.last_mut()) {
            (TokenKind::Space, Some(last)) if last.kind == TokenKind::Space => {
                last.end = lexer.at;
                continue;
            }
            // A character set introducer determines the kind of the literal after it.
            (TokenKind::Text(text), Some(last)) if is_introducer(&last.kind) => {
                last.kind = match &last.kind {
                    TokenKind::Word(word) if word.eq_ignore_ascii_case("_binary") => {
                        TokenKind::Bytes(text.clone())
                    }
                    _ => TokenKind::Text(text.clone()),
                };
                last.end = lexer.at;
                continue;
            }
            _ => {}
        }
        tokens.push(Token {
            kind,
            at,
            end: lexer.at,
        });
    }
    match lexer.is_in_versioned_comment {
        true => Err(Unclosed {
            what: "a comment is not closed",
            at: sql.len(),
        }),
        false => Ok(tokens),
    }
}

fn is_introducer(kind: &TokenKind) -> bool {
    const INTRODUCERS: [&str; 5] = ["_binary", "_utf8mb4", "_utf8mb3", "_utf8", "n"];
    matches!(kind, TokenKind::Word(word) if INTRODUCERS.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

struct Lexer<'a> {
    sql: &'a [u8],
    at: usize,
    /// Whether the lexer is in a `/*!40101 … */`, whose contents MySQL executes.
    is_in_versioned_comment: bool,
}

/// The newest version whose `/*!… */` is executed: 8.0.39.
const VERSION: u32 = 80_039;

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.sql.get(self.at.saturating_add(ahead)).copied()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn next(&mut self) -> Result<TokenKind, &'static str> {
        let Some(first) = self.peek(0) else {
            return Ok(TokenKind::Space);
        };
        match first {
            b'\'' | b'"' => self.string(first).map(TokenKind::Text),
            b'`' => self.quoted_name(),
            b'#' => Ok(self.line_comment()),
            b'-' if self.peek(1) == Some(b'-')
                && self.peek(2).is_none_or(|byte| byte.is_ascii_whitespace()) =>
            {
                Ok(self.line_comment())
            }
            b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
            b'*' if self.is_in_versioned_comment && self.peek(1) == Some(b'/') => {
                self.is_in_versioned_comment = false;
                self.skip(2);
                Ok(TokenKind::Space)
            }
            b';' => self.single(TokenKind::End),
            b'?' => self.single(TokenKind::Parameter),
            b'@' if self.peek(1) == Some(b'@') => {
                self.skip(2);
                let name = self.word_with_dots().to_ascii_lowercase();
                let name = ["session.", "global.", "local."]
                    .iter()
                    .find_map(|scope| name.strip_prefix(scope))
                    .unwrap_or(&name);
                Ok(TokenKind::Variable(name.to_owned()))
            }
            b'x' | b'X' if self.peek(1) == Some(b'\'') => {
                self.skip(1);
                let digits = self.string(b'\'')?;
                Ok(TokenKind::Bytes(hex(&digits)))
            }
            b'0' if self.peek(1) == Some(b'x')
                && self.peek(2).is_some_and(|byte| byte.is_ascii_hexdigit()) =>
            {
                let word = self.word();
                Ok(TokenKind::Bytes(hex(word.get(2..).unwrap_or_default())))
            }
            byte if byte.is_ascii_whitespace() => self.single(TokenKind::Space),
            byte if byte.is_ascii_digit() || byte == b'.' && self.begins_a_fraction() => {
                Ok(self.number())
            }
            byte if is_word(byte) => {
                let word = String::from_utf8_lossy(self.word()).into_owned();
                Ok(TokenKind::Word(word))
            }
            byte => self.single(TokenKind::Other(char::from(byte))),
        }
    }

    fn single(&mut self, kind: TokenKind) -> Result<TokenKind, &'static str> {
        self.skip(1);
        Ok(kind)
    }

    fn word(&mut self) -> &[u8] {
        let rest = self.sql.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_word(**byte)).count();
        self.skip(length);
        rest.get(..length).unwrap_or_default()
    }

    /// Whether a point begins a number, and does not separate two names.
    fn begins_a_fraction(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.sql.get(at));
        self.peek(1).is_some_and(|byte| byte.is_ascii_digit())
            && !before.is_some_and(|byte| is_word(*byte) || *byte == b'`')
    }

    /// Reads a number, or a name that begins with a digit.
    fn number(&mut self) -> TokenKind {
        let rest = self.sql.get(self.at..).unwrap_or_default();
        let byte = |at: usize| rest.get(at).copied();
        let digits = |from: usize| {
            let digits = rest.get(from..).unwrap_or_default().iter();
            let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
            from.saturating_add(count)
        };
        let mut end = digits(0);
        let mut is_name = byte(end).is_some_and(is_word);
        if byte(end) == Some(b'.') {
            end = digits(end.saturating_add(1));
            is_name = false;
        }
        if matches!(byte(end), Some(b'e' | b'E')) {
            let mut exponent = end.saturating_add(1);
            if matches!(byte(exponent), Some(b'+' | b'-')) {
                exponent = exponent.saturating_add(1);
            }
            if digits(exponent) > exponent {
                end = digits(exponent);
                is_name = false;
            }
        }
        if is_name {
            let word = String::from_utf8_lossy(self.word()).into_owned();
            return TokenKind::Word(word);
        }
        self.skip(end);
        let number = rest.get(..end).unwrap_or_default();
        TokenKind::Number(String::from_utf8_lossy(number).into_owned())
    }

    fn word_with_dots(&mut self) -> String {
        let rest = self.sql.get(self.at..).unwrap_or_default();
        let of_name = |byte: &u8| is_word(*byte) || *byte == b'.';
        let length = rest
            .iter()
            .copied()
            .take_while(|byte| of_name(byte))
            .count();
        self.skip(length);
        String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned()
    }

    fn string(&mut self, quote: u8) -> Result<Vec<u8>, &'static str> {
        self.skip(1);
        let mut text = Vec::new();
        loop {
            let Some(byte) = self.peek(0) else {
                return Err("a string is not closed");
            };
            self.skip(1);
            if byte == quote {
                // A doubled quote stands for one quote.
                if self.peek(0) != Some(quote) {
                    return Ok(text);
                }
                self.skip(1);
                text.push(quote);
            } else if byte == b'\\' {
                let Some(escaped) = self.peek(0) else {
                    return Err("a string is not closed");
                };
                self.skip(1);
                match escaped {
                    b'0' => text.push(0),
                    b'b' => text.push(0x08),
                    b'n' => text.push(b'\n'),
                    b'r' => text.push(b'\r'),
                    b't' => text.push(b'\t'),
                    b'Z' => text.push(0x1A),
                    // These escapes remain, for `LIKE`.
                    b'%' | b'_' => text.extend([b'\\', escaped]),
                    other => text.push(other),
                }
            } else {
                text.push(byte);
            }
        }
    }

    fn quoted_name(&mut self) -> Result<TokenKind, &'static str> {
        self.skip(1);
        let mut name = Vec::new();
        loop {
            let Some(byte) = self.peek(0) else {
                return Err("a name in backticks is not closed");
            };
            self.skip(1);
            if byte != b'`' {
                name.push(byte);
            } else if self.peek(0) == Some(b'`') {
                self.skip(1);
                name.push(b'`');
            } else {
                let name = String::from_utf8_lossy(&name).into_owned();
                return Ok(TokenKind::QuotedName(name));
            }
        }
    }

    fn line_comment(&mut self) -> TokenKind {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.skip(1);
        }
        TokenKind::Space
    }

    fn block_comment(&mut self) -> Result<TokenKind, &'static str> {
        self.skip(2);
        if self.peek(0) == Some(b'!') {
            self.skip(1);
            let rest = self.sql.get(self.at..).unwrap_or_default().iter();
            let digits = rest.take_while(|byte| byte.is_ascii_digit()).count();
            let version = self.sql.get(self.at..self.at.saturating_add(digits));
            let version = version.and_then(|digits| str::from_utf8(digits).ok());
            let version = version.and_then(|digits| digits.parse().ok()).unwrap_or(0);
            if version <= VERSION && !self.is_in_versioned_comment {
                self.skip(digits);
                self.is_in_versioned_comment = true;
                return Ok(TokenKind::Space);
            }
        }
        while let Some(byte) = self.peek(0) {
            if byte == b'*' && self.peek(1) == Some(b'/') {
                self.skip(2);
                return Ok(TokenKind::Space);
            }
            self.skip(1);
        }
        Err("a comment is not closed")
    }
}

/// Whether a byte belongs to a name, a keyword or a number without a point.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Decodes hexadecimal digits. Any other character counts as 0, although MySQL refuses such a literal.
fn hex(digits: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .iter()
        .map(|digit| char::from(*digit).to_digit(16).unwrap_or_default())
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .rchunks(2)
        .rev()
        .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
        .collect()
}

#[cfg(test)]
mod tests;
