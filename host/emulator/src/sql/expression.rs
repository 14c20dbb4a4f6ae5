//! Expressions: parsed by MySQL's grammar and written in SQLite's. Those whose results may differ are refused.
//!
//! Source: MySQL 8.0 Reference Manual, "Operator Precedence", and the grammar in `sql/sql_yacc.yy`.

mod aggregate;
mod call;
mod cast;
mod compare;
mod literal;
mod operators;
mod predicates;
mod unify;

use rusqlite::types::Value;

use super::kind::Kind;
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::scope::{Place, Scope};
use crate::server_error::ServerError;

pub(super) use compare::{compare, compare_like};
pub(super) use literal::limit;
pub(super) use operators::condition;
pub(super) use unify::unify;

/// An expression in SQLite's dialect, with its properties.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) sql: String,
    pub(super) kind: Kind,
    /// The value, if the expression is a literal or a parameter whose value is known.
    pub(super) constant: Option<Value>,
    /// The columns that it names outside of aggregate functions.
    pub(super) columns: Vec<Place>,
    pub(super) has_aggregate: bool,
    /// The column, if the expression is only a column's name.
    pub(super) column: Option<Place>,
}

impl Expression {
    pub(super) fn new(sql: impl Into<String>, kind: Kind) -> Self {
        Self {
            sql: sql.into(),
            kind,
            constant: None,
            columns: Vec::new(),
            has_aggregate: false,
            column: None,
        }
    }

    /// Makes an expression that consists of others, and therefore names their columns.
    pub(super) fn composed(sql: impl Into<String>, kind: Kind, parts: &[&Self]) -> Self {
        let mut composed = Self::new(sql, kind);
        composed.add_names(parts);
        composed
    }

    /// Adds the columns and aggregates of its parts.
    fn add_names(&mut self, parts: &[&Self]) {
        for part in parts {
            self.columns.extend_from_slice(&part.columns);
            self.has_aggregate |= part.has_aggregate;
        }
    }

    /// Adds to `outer` the columns of outer statements that the expression names.
    pub(super) fn add_outer_columns(&self, outer: &mut Vec<Place>) {
        let columns = self.columns.iter().copied();
        outer.extend(columns.filter(|place| place.level > 0));
    }
}

/// The error for a construct whose result is not known to be the same in MySQL and SQLite.
pub(super) fn refused<T>(what: impl std::fmt::Display) -> Result<T> {
    Err(ServerError::not_emulated(what))
}

impl Parser<'_> {
    pub(super) fn expression(&mut self, scope: &Scope) -> Result<Expression> {
        self.nested(|parser| parser.or(scope))
    }

    fn additive(&mut self, scope: &Scope) -> Result<Expression> {
        let mut left = self.multiplicative(scope)?;
        loop {
            let sign = match self.kind(0) {
                Some(TokenKind::Other(sign @ ('+' | '-'))) => *sign,
                Some(TokenKind::Other('|' | '&' | '^')) if self.operator().len() < 2 => {
                    return refused("bit arithmetic");
                }
                Some(TokenKind::Other('<')) if self.operator() == "<<" => {
                    return refused("bit arithmetic");
                }
                Some(TokenKind::Other('>')) if self.operator() == ">>" => {
                    return refused("bit arithmetic");
                }
                _ => return Ok(left),
            };
            self.advance(1);
            if sign == '-' && self.is_other(0, '>') && self.is_adjacent(0) {
                return refused("the JSON operator ->");
            }
            if self.take(&["INTERVAL"]) {
                let (amount, unit) = self.interval(scope)?;
                left = call::add_interval(&left, &amount, &unit, sign == '-')?;
                continue;
            }
            let right = self.multiplicative(scope)?;
            left = operators::arithmetic(&sign.to_string(), &left, &right)?;
        }
    }

    /// Parses what follows `INTERVAL`, such as `1 DAY`.
    fn interval(&mut self, scope: &Scope) -> Result<(Expression, String)> {
        let amount = self.expression(scope)?;
        let unit = self.next_word()?.to_ascii_uppercase();
        Ok((amount, unit))
    }

    fn multiplicative(&mut self, scope: &Scope) -> Result<Expression> {
        let mut left = self.unary(scope)?;
        loop {
            let operator = match self.kind(0) {
                Some(TokenKind::Other(sign @ ('*' | '/' | '%'))) => sign.to_string(),
                Some(TokenKind::Other('^')) => return refused("bit arithmetic"),
                Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("DIV") => "DIV".to_owned(),
                Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("MOD") => "%".to_owned(),
                _ => return Ok(left),
            };
            self.advance(1);
            let right = self.unary(scope)?;
            left = operators::arithmetic(&operator, &left, &right)?;
        }
    }

    fn unary(&mut self, scope: &Scope) -> Result<Expression> {
        match self.kind(0) {
            Some(TokenKind::Other('-')) => {
                self.advance(1);
                // The least integer has no positive counterpart, so it is parsed with its sign.
                if self.kind(0) == Some(&TokenKind::Number("9223372036854775808".to_owned())) {
                    self.advance(1);
                    let mut least = Expression::new("(-9223372036854775808)", Kind::Integer);
                    least.constant = Some(Value::Integer(i64::MIN));
                    return Ok(least);
                }
                if self.is_other(0, '-') {
                    return refused("two minus signs in a row");
                }
                let operand = self.nested(|parser| parser.unary(scope))?;
                operators::negate(&operand)
            }
            Some(TokenKind::Other('+')) => refused("a plus sign before a value"),
            Some(TokenKind::Other('!')) => {
                self.advance(1);
                let operand = self.nested(|parser| parser.unary(scope))?;
                operators::not(&operand)
            }
            Some(TokenKind::Other('~')) => refused("bit arithmetic"),
            Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("BINARY") => {
                refused("the operator BINARY")
            }
            _ => {
                let operand = self.primary(scope)?;
                match self.is_word(0, "COLLATE") {
                    true => refused("COLLATE in an expression"),
                    false => Ok(operand),
                }
            }
        }
    }

    fn primary(&mut self, scope: &Scope) -> Result<Expression> {
        if let Some(literal) = self.literal()? {
            return Ok(literal);
        }
        match self.kind(0) {
            Some(TokenKind::Other('(')) => {
                self.advance(1);
                if self.is_query() {
                    let found = self.scalar_subquery(scope)?;
                    self.expect_other(')')?;
                    return Ok(found);
                }
                let inner = self.expression(scope)?;
                if self.is_other(0, ',') {
                    return refused("a row constructor such as (1, 2)");
                }
                self.expect_other(')')?;
                Ok(Expression {
                    sql: format!("({})", inner.sql),
                    ..inner
                })
            }
            Some(TokenKind::Other('@')) => refused("user variables"),
            Some(TokenKind::Other('*')) => Err(self.unexpected()),
            Some(TokenKind::Word(word)) => {
                let word = word.to_ascii_uppercase();
                self.word(&word, scope)
            }
            Some(TokenKind::QuotedName(_)) => self.column(scope),
            _ => Err(self.unexpected()),
        }
    }

    fn word(&mut self, word: &str, scope: &Scope) -> Result<Expression> {
        match word {
            "CASE" => return self.case(scope),
            "EXISTS" => {
                self.advance(1);
                self.expect_other('(')?;
                let select = self.nested(|parser| parser.subquery(scope))?;
                self.expect_other(')')?;
                let sql = format!("EXISTS ({})", select.sql);
                let mut found = Expression::new(sql, Kind::Integer);
                found.columns = select.outer;
                return Ok(found);
            }
            "INTERVAL" => return refused("INTERVAL in this place"),
            "DEFAULT" => return refused("DEFAULT in an expression"),
            "ROW" | "MATCH" => return refused(word),
            _ => {}
        }
        if let Some(found) = self.call(word, scope)? {
            return Ok(found);
        }
        self.column(scope)
    }

    fn column(&mut self, scope: &Scope) -> Result<Expression> {
        let mut name = self.name()?;
        let mut table = None;
        while self.take_other('.') {
            table = match table {
                // `database.table.column`
                Some(database) if database != self.context.database => {
                    return refused(format!("the database '{database}'"));
                }
                _ => Some(name),
            };
            name = self.name()?;
        }
        if table.is_none() && self.is_other(0, '-') && self.is_other(1, '>') && self.is_adjacent(1)
        {
            return refused("the JSON operator ->");
        }
        let named = scope.column(table.as_deref(), &name);
        let alias = match (&table, &named) {
            (None, Err(error)) if error.is_unknown_column() => scope
                .aliases
                .iter()
                .find(|(alias, ..)| alias.eq_ignore_ascii_case(&name)),
            _ => None,
        };
        if let Some((_, sql, kind)) = alias {
            return Ok(Expression::new(sql.clone(), kind.clone()));
        }
        let (place, column) = named?;
        let mut found = Expression::new(scope.sql(place), column.kind.clone());
        found.columns.push(place);
        found.column = Some(place);
        Ok(found)
    }

    fn case(&mut self, scope: &Scope) -> Result<Expression> {
        self.advance(1);
        let subject = match self.is_word(0, "WHEN") {
            true => None,
            false => Some(self.expression(scope)?),
        };
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        while self.take(&["WHEN"]) {
            let when = self.expression(scope)?;
            let when = match &subject {
                Some(subject) => compare("=", subject, &when)?,
                None => when,
            };
            let condition = condition(&when)?;
            conditions.push(Expression::composed(condition, Kind::Integer, &[&when]));
            self.expect(&["THEN"])?;
            values.push(self.expression(scope)?);
        }
        match self.take(&["ELSE"]) {
            true => values.push(self.expression(scope)?),
            false => values.push(Expression::new("NULL", Kind::Null)),
        }
        self.expect(&["END"])?;
        if conditions.is_empty() {
            return Err(self.unexpected());
        }
        let (kind, values) = unify("CASE", values)?;
        let mut sql = "CASE".to_owned();
        for (condition, value) in conditions.iter().zip(&values) {
            sql.push_str(&format!(" WHEN {} THEN {}", condition.sql, value.sql));
        }
        if let Some(last) = values.last() {
            sql.push_str(&format!(" ELSE {}", last.sql));
        }
        sql.push_str(" END");
        let parts: Vec<&Expression> = conditions.iter().chain(&values).collect();
        Ok(Expression::composed(format!("({sql})"), kind, &parts))
    }

    fn scalar_subquery(&mut self, scope: &Scope) -> Result<Expression> {
        let select = self.nested(|parser| parser.subquery(scope))?;
        let [column] = select.columns.as_slice() else {
            return refused("a subquery with several columns in an expression");
        };
        if !select.has_one_row {
            return refused("in an expression, a subquery that may return several rows");
        }
        let mut found = Expression::new(format!("({})", select.sql), column.kind.clone());
        found.columns = select.outer;
        Ok(found)
    }
}
