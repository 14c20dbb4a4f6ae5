//! `SET`: variables that the session stores, that have no effect here, or that are refused.

use super::expression::refused;
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::plan::{Plan, Setting};
use super::variables;
use crate::server_error::ServerError;

impl Parser<'_> {
    /// Parses what follows `SET`.
    pub(super) fn set(&mut self) -> Result<Plan> {
        let mut settings = Vec::new();
        self.comma_separated(|parser| parser.setting(&mut settings))?;
        Ok(match settings.is_empty() {
            true => Plan::Nothing,
            false => Plan::Set(settings),
        })
    }

    fn setting(&mut self, settings: &mut Vec<Setting>) -> Result<()> {
        if self.take(&["NAMES"]) || self.take(&["CHARACTER", "SET"]) || self.take(&["CHARSET"]) {
            return self.names();
        }
        if self.take_other('@') {
            // A user variable can be set, but a statement that reads one is refused.
            self.name()?;
            return self.skip_value();
        }
        let _has_scope = self.take(&["SESSION"]) || self.take(&["LOCAL"]) || self.take(&["GLOBAL"]);
        if self.take(&["TRANSACTION"]) || self.is_word(0, "READ") || self.is_word(0, "ISOLATION") {
            return self.transaction(settings);
        }
        let name = match self.next() {
            Some(TokenKind::Variable(name)) => name,
            Some(TokenKind::Word(name)) => name.to_ascii_lowercase(),
            _ => return Err(self.unexpected()),
        };
        if self.operator() == ":=" {
            self.advance(2);
        } else {
            self.expect_other('=')?;
        }
        let start = self.position();
        let value = self.value()?;
        match (name.as_str(), value) {
            ("autocommit", Some(value)) => {
                settings.push(Setting::Autocommit(switch(&value)?));
            }
            ("transaction_read_only", Some(value)) => {
                settings.push(Setting::ReadOnly(switch(&value)?));
            }
            ("sql_mode", Some(value)) => {
                if let Some(mode) = changing_mode(&value) {
                    return refused(format!("the SQL mode {mode}"));
                }
                settings.push(Setting::Variable(name, value));
            }
            ("time_zone", Some(value)) => match value.as_str() {
                "SYSTEM" | "UTC" | "+00:00" => settings.push(Setting::Variable(name, value)),
                _ => return refused(format!("the time zone {value}")),
            },
            (known, Some(value)) if variables::value(known, self.context).is_some() => {
                settings.push(Setting::Variable(name, value));
            }
            // An expression, such as the one with which a dump restores the old value.
            (_, None) => {
                self.go_to(start);
                self.skip_value()?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Parses a literal or a word. `None` for any other expression.
    fn value(&mut self) -> Result<Option<String>> {
        let sign = match self.take_other('-') {
            true => "-",
            false => "",
        };
        let value = match self.next() {
            Some(TokenKind::Word(value) | TokenKind::Number(value)) => format!("{sign}{value}"),
            Some(TokenKind::Text(value)) => String::from_utf8_lossy(&value).into_owned(),
            Some(_) => return Ok(None),
            None => return Err(self.unexpected()),
        };
        let ends = self.kind(0).is_none() || self.is_other(0, ',');
        Ok(ends.then_some(value))
    }

    /// Skips to the next comma outside of parentheses.
    fn skip_value(&mut self) -> Result<()> {
        let mut depth = 0_usize;
        loop {
            match self.kind(0) {
                None => return Ok(()),
                Some(TokenKind::Other(',')) if depth == 0 => return Ok(()),
                Some(TokenKind::Other('(')) => depth = depth.saturating_add(1),
                Some(TokenKind::Other(')')) => depth = depth.saturating_sub(1),
                Some(_) => {}
            }
            self.advance(1);
        }
    }

    /// Parses what follows `SET NAMES`. All text is UTF-8 here, so a character set that would change its meaning is
    /// refused.
    fn names(&mut self) -> Result<()> {
        let charset = self.word_or_text()?.to_ascii_lowercase();
        let known = ["utf8mb4", "utf8mb3", "utf8", "default", "binary", "ascii"];
        if !known.contains(&charset.as_str()) {
            return refused(format!("SET NAMES {charset}"));
        }
        if self.take(&["COLLATE"]) {
            self.advance(1);
        }
        Ok(())
    }

    fn transaction(&mut self, settings: &mut Vec<Setting>) -> Result<()> {
        if self.take(&["READ", "ONLY"]) {
            settings.push(Setting::ReadOnly(true));
        } else if self.take(&["READ", "WRITE"]) {
            settings.push(Setting::ReadOnly(false));
        } else if self.take(&["ISOLATION", "LEVEL"]) {
            self.skip_value()?;
        } else {
            return Err(self.unexpected());
        }
        Ok(())
    }
}

fn switch(value: &str) -> Result<bool> {
    match value.to_ascii_uppercase().as_str() {
        "1" | "ON" | "TRUE" => Ok(true),
        "0" | "OFF" | "FALSE" => Ok(false),
        _ => {
            let message = format!("Variable can't be set to the value of '{value}'");
            Err(ServerError::new(1231, "42000", message))
        }
    }
}

/// Returns a mode in the list that changes the meaning of statements.
fn changing_mode(modes: &str) -> Option<String> {
    const MODES: [&str; 9] = [
        "ANSI",
        "ANSI_QUOTES",
        "PIPES_AS_CONCAT",
        "NO_BACKSLASH_ESCAPES",
        "HIGH_NOT_PRECEDENCE",
        "IGNORE_SPACE",
        "NO_UNSIGNED_SUBTRACTION",
        "PAD_CHAR_TO_FULL_LENGTH",
        "TIME_TRUNCATE_FRACTIONAL",
    ];
    let given = modes.to_ascii_uppercase();
    let mut given = given.split(',').map(str::trim);
    given.find(|mode| MODES.contains(mode)).map(str::to_owned)
}
