//! `CAST`, for values that have exactly one meaning in the other type.

use super::{Expression, refused};
use crate::sql::kind::{DECIMAL_DIGITS, Kind};
use crate::sql::lexer::TokenKind;
use crate::sql::parser::{Parser, Result};
use crate::sql::scope::Scope;

impl Parser<'_> {
    /// Parses the arguments of `CAST` or `CONVERT`, after the opening parenthesis. `separator` precedes the type.
    pub(super) fn cast(&mut self, separator: &str, scope: &Scope) -> Result<Expression> {
        let value = self.expression(scope)?;
        match separator {
            "," => self.expect_other(',')?,
            word => self.expect(&[word])?,
        }
        let to = self.next_word()?.to_ascii_uppercase();
        if to == "SIGNED" || to == "UNSIGNED" {
            self.take(&["INTEGER"]);
        }
        let mut arguments = Vec::new();
        if self.take_other('(') {
            arguments = self.comma_separated(|parser| match parser.next() {
                Some(TokenKind::Number(number)) => Ok(number),
                _ => Err(parser.unexpected()),
            })?;
            self.expect_other(')')?;
        }
        if separator == "USING" {
            self.expect_other(')')?;
            return match (&value.kind, to.as_str()) {
                (Kind::Text(_), "UTF8MB4") => Ok(value),
                _ => refused("CONVERT to another character set"),
            };
        }
        if !self.is_other(0, ')') {
            return refused(format!("CAST to {}", self.text_from(self.position())));
        }
        self.advance(1);
        cast(&value, &to, &arguments)
    }
}

fn cast(value: &Expression, to: &str, arguments: &[String]) -> Result<Expression> {
    let sql = &value.sql;
    let made = |sql: String, kind| Ok(Expression::composed(sql, kind, &[value]));
    let number = |at: usize| arguments.get(at).and_then(|it| it.parse::<u8>().ok());
    match (to, &value.kind) {
        ("SIGNED", kind) if kind.is_integer() => made(sql.clone(), Kind::Integer),
        ("SIGNED", Kind::Decimal(scale)) => made(
            format!("CAST(\"rds_round\"({sql}, {scale}, 0) AS INTEGER)"),
            Kind::Integer,
        ),
        ("SIGNED", Kind::Text(_)) => made(format!("\"rds_signed\"({sql})"), Kind::Integer),
        ("CHAR", Kind::Text(collation)) if arguments.is_empty() => {
            made(sql.clone(), Kind::Text(*collation))
        }
        ("CHAR", kind) if kind.is_integer() && arguments.is_empty() => {
            made(format!("CAST({sql} AS TEXT)"), Kind::TEXT)
        }
        ("CHAR", Kind::Decimal(scale)) if arguments.is_empty() => {
            made(format!("\"rds_decimal_text\"({sql}, {scale})"), Kind::TEXT)
        }
        ("CHAR", Kind::Date | Kind::DateTime(_)) if arguments.is_empty() => {
            made(sql.clone(), Kind::TEXT)
        }
        ("DECIMAL", kind) if kind.is_integer() || matches!(kind, Kind::Decimal(_)) => {
            let (precision, scale) = (number(0).unwrap_or(10), number(1).unwrap_or(0));
            if u32::from(precision) > DECIMAL_DIGITS || scale > precision {
                return refused(format!("CAST to a DECIMAL of {precision} digits"));
            }
            let from = kind.scale();
            made(
                format!("\"rds_decimal\"({sql}, {from}, {precision}, {scale})"),
                Kind::Decimal(scale),
            )
        }
        ("DATE", Kind::Date) => made(sql.clone(), Kind::Date),
        ("DATE", Kind::DateTime(_)) => made(format!("substr({sql}, 1, 10)"), Kind::Date),
        ("DATE", Kind::Text(_)) => made(format!("\"rds_date\"({sql})"), Kind::Date),
        ("DATETIME", Kind::DateTime(0)) if arguments.is_empty() => {
            made(sql.clone(), Kind::DateTime(0))
        }
        ("DATETIME", Kind::Text(_)) if arguments.is_empty() => {
            made(format!("\"rds_date_time\"({sql})"), Kind::DateTime(0))
        }
        (to, kind) => refused(format!("CAST of {} to {to}", kind.describe())),
    }
}
