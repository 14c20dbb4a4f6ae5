//! Literals, parameters and system variables.

use rusqlite::types::Value;

use super::{Expression, refused};
use crate::server_error::ServerError;
use crate::sql::kind::{DECIMAL_DIGITS, Kind};
use crate::sql::lexer::TokenKind;
use crate::sql::parser::{Parser, Result};
use crate::sql::{quote, variables};
use crate::temporal;

impl Parser<'_> {
    /// Parses a literal, if one follows.
    pub(super) fn literal(&mut self) -> Result<Option<Expression>> {
        let Some(kind) = self.kind(0).cloned() else {
            return Ok(None);
        };
        let literal = match kind {
            TokenKind::Number(number) => {
                self.advance(1);
                number_literal(&number)?
            }
            TokenKind::Text(bytes) => {
                self.advance(1);
                let mut bytes = bytes;
                // Adjacent string literals are one.
                while let Some(TokenKind::Text(more)) = self.kind(0) {
                    bytes.extend_from_slice(more);
                    self.advance(1);
                }
                text_literal(bytes)?
            }
            TokenKind::Bytes(bytes) => {
                self.advance(1);
                constant(quote::bytes(&bytes), Kind::Bytes, Value::Blob(bytes))
            }
            TokenKind::Parameter => {
                self.advance(1);
                let (number, value) = self.parameter();
                parameter(number, value)
            }
            TokenKind::Variable(name) => {
                self.advance(1);
                variable(&name, self)?
            }
            TokenKind::Word(word) => return self.word_literal(&word.to_ascii_uppercase()),
            _ => return Ok(None),
        };
        Ok(Some(literal))
    }

    fn word_literal(&mut self, word: &str) -> Result<Option<Expression>> {
        let simple = |sql: &str, number| constant(sql.to_owned(), Kind::Integer, number);
        let literal = match word {
            "NULL" => Expression::new("NULL", Kind::Null),
            "TRUE" => simple("1", Value::Integer(1)),
            "FALSE" => simple("0", Value::Integer(0)),
            "DATE" | "TIMESTAMP" | "TIME" => {
                let Some(TokenKind::Text(text)) = self.kind(1).cloned() else {
                    return Ok(None);
                };
                self.advance(2);
                let text = String::from_utf8_lossy(&text).into_owned();
                let found = match word {
                    "DATE" => temporal::date(&text).map(|text| (text, Kind::Date)),
                    "TIMESTAMP" => {
                        let digits = temporal::fraction_digits(&text);
                        let text = temporal::date_time(&text, digits);
                        text.map(|text| (text, Kind::DateTime(digits)))
                    }
                    _ => None,
                };
                let Some((text, kind)) = found else {
                    return refused(format!("{word} '{text}'"));
                };
                return Ok(Some(constant(quote::text(&text), kind, Value::Text(text))));
            }
            _ => {
                let follows = matches!(self.kind(1), Some(TokenKind::Text(_)));
                if word.starts_with("0B") || word.starts_with("0X") {
                    return refused(format!("the literal {word}"));
                }
                let is_prefix = word == "B" || word.starts_with('_');
                return match is_prefix && follows {
                    true => refused(format!("a literal that begins with {word}")),
                    false => Ok(None),
                };
            }
        };
        if self.is_other(1, '(') {
            return Ok(None);
        }
        self.advance(1);
        Ok(Some(literal))
    }
}

fn constant(sql: String, kind: Kind, value: Value) -> Expression {
    let mut literal = Expression::new(sql, kind);
    literal.constant = Some(value);
    literal
}

fn text_literal(bytes: Vec<u8>) -> Result<Expression> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(constant(quote::text(&text), Kind::TEXT, Value::Text(text))),
        Err(_) => refused("a string that is not UTF-8"),
    }
}

fn number_literal(number: &str) -> Result<Expression> {
    if number.contains(['e', 'E']) {
        let value: f64 = number.parse().map_err(|_| invalid(number))?;
        if !value.is_finite() {
            return refused(format!("the number {number}"));
        }
        return Ok(constant(
            format!("{value:e}"),
            Kind::Double,
            Value::Real(value),
        ));
    }
    if let Some((whole, fraction)) = number.split_once('.') {
        let whole = whole.trim_start_matches('0');
        let digits = whole.len().saturating_add(fraction.len());
        if u32::try_from(digits).map_or(true, |digits| digits > DECIMAL_DIGITS) {
            return refused(format!("a DECIMAL of more than {DECIMAL_DIGITS} digits"));
        }
        let value: f64 = number.parse().map_err(|_| invalid(number))?;
        let scale = u8::try_from(fraction.len()).unwrap_or(0);
        let sql = format!("{whole:0>1}.{fraction:0<1}");
        return Ok(match scale {
            // As in MySQL, `1.` is a `DECIMAL` without digits after the point.
            0 => constant(sql, Kind::Decimal(0), Value::Real(value)),
            scale => constant(sql, Kind::Decimal(scale), Value::Real(value)),
        });
    }
    match number.parse::<i64>() {
        Ok(value) => Ok(constant(
            value.to_string(),
            Kind::Integer,
            Value::Integer(value),
        )),
        Err(_) => refused(format!("the number {number}, of more than 63 bits")),
    }
}

fn invalid(number: &str) -> ServerError {
    ServerError::syntax(format!("near \"{number}\": syntax error"))
}

fn parameter(number: usize, value: Option<Value>) -> Expression {
    let kind = match &value {
        None => Kind::Parameter,
        Some(Value::Null) => Kind::Null,
        Some(Value::Integer(_)) => Kind::Integer,
        Some(Value::Real(_)) => Kind::Double,
        Some(Value::Text(_)) => Kind::TEXT,
        Some(Value::Blob(_)) => Kind::Bytes,
    };
    let mut parameter = Expression::new(format!("?{number}"), kind);
    parameter.constant = value;
    parameter
}

fn variable(name: &str, parser: &Parser<'_>) -> Result<Expression> {
    let Some(value) = variables::value(name, parser.context) else {
        let message = format!("Unknown system variable '{name}'");
        return Err(ServerError::new(1193, "HY000", ServerError::named(message)));
    };
    Ok(match value.parse::<i64>() {
        Ok(number) => {
            let kind = match variables::is_switch(name) {
                true => Kind::Integer,
                false => Kind::Unsigned,
            };
            constant(number.to_string(), kind, Value::Integer(number))
        }
        Err(_) => constant(quote::text(&value), Kind::TEXT, Value::Text(value)),
    })
}

/// Parses the number of a `LIMIT` or an offset.
pub(in crate::sql) fn limit(parser: &mut Parser<'_>) -> Result<String> {
    match parser.next() {
        Some(TokenKind::Number(number)) if number.parse::<i64>().is_ok() => Ok(number),
        // Larger than any number of rows: SQLite's largest integer.
        Some(TokenKind::Number(number)) if number.parse::<u64>().is_ok() => {
            Ok(i64::MAX.to_string())
        }
        Some(TokenKind::Parameter) => match parser.parameter() {
            (number, None) => Ok(format!("?{number}")),
            (number, Some(Value::Integer(value))) if value >= 0 => Ok(format!("?{number}")),
            _ => refused("a LIMIT that is not a whole number"),
        },
        _ => Err(parser.unexpected()),
    }
}
