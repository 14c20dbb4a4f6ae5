//! Function calls. A function is accepted for the types of arguments for which its result is known to be MySQL's.

mod date;
mod number;
mod text;

use super::{Expression, aggregate, compare, operators, refused, unify};
use crate::server_error::ServerError;
use crate::sql::kind::Kind;
use crate::sql::parser::{Parser, Result};
use crate::sql::scope::Scope;

pub(super) use date::add_interval;

impl Parser<'_> {
    /// Parses a function call, if one follows.
    pub(super) fn call(&mut self, name: &str, scope: &Scope) -> Result<Option<Expression>> {
        if !self.is_other(1, '(') {
            return self.call_without_parentheses(name);
        }
        // MySQL recognises aggregate functions only if no space precedes the parenthesis.
        let is_adjacent = self.is_adjacent(1);
        self.advance(2);
        if aggregate::is_aggregate(name) {
            return match is_adjacent {
                true => self.aggregate(name, scope).map(Some),
                false => refused(format!("a space between {name} and its parenthesis")),
            };
        }
        if let Some(found) = self.call_with_own_grammar(name, scope)? {
            return Ok(Some(found));
        }
        let arguments = self.arguments(scope)?;
        let parts: Vec<&Expression> = arguments.iter().collect();
        let Some(mut found) = call(name, &parts)? else {
            let database = self.context.database;
            return Err(ServerError::no_such_function(database, name));
        };
        found.columns.clear();
        found.add_names(&parts);
        Ok(Some(found))
    }

    fn call_without_parentheses(&mut self, name: &str) -> Result<Option<Expression>> {
        if date::is_keyword_clock(name) {
            self.advance(1);
            return date::now(name).map(Some);
        }
        if name == "CURRENT_USER" {
            self.advance(1);
            return Ok(Some(Expression::new("current_user()", Kind::TEXT)));
        }
        Ok(None)
    }

    /// Parses a function whose arguments are not only separated by commas, after the opening parenthesis.
    fn call_with_own_grammar(&mut self, name: &str, scope: &Scope) -> Result<Option<Expression>> {
        match name {
            "CAST" => self.cast("AS", scope).map(Some),
            "CONVERT" => self.convert(scope).map(Some),
            "DATE_ADD" | "DATE_SUB" | "ADDDATE" | "SUBDATE" => self.date_add(name, scope).map(Some),
            "EXTRACT" | "TIMESTAMPDIFF" | "TIMESTAMPADD" | "GET_FORMAT" | "WEIGHT_STRING" => {
                Err(ServerError::no_such_function(self.context.database, name))
            }
            "TRIM" if self.word_among(&["LEADING", "TRAILING", "BOTH"]).is_some() => {
                refused("TRIM() with LEADING, TRAILING or BOTH")
            }
            _ => Ok(None),
        }
    }

    /// Parses `CONVERT(value, type)` or `CONVERT(value USING charset)`.
    fn convert(&mut self, scope: &Scope) -> Result<Expression> {
        let start = self.position();
        let value = self.expression(scope)?;
        let separator = if self.is_other(0, ',') { "," } else { "USING" };
        if value.sql.contains('?') {
            return refused("CONVERT() with a parameter");
        }
        self.go_to(start);
        self.cast(separator, scope)
    }

    /// Parses `DATE_ADD(value, INTERVAL 1 DAY)` and similar functions.
    fn date_add(&mut self, name: &str, scope: &Scope) -> Result<Expression> {
        let value = self.expression(scope)?;
        self.expect_other(',')?;
        if !self.take(&["INTERVAL"]) {
            return refused(format!("{name}() without INTERVAL"));
        }
        let (amount, unit) = self.interval(scope)?;
        self.expect_other(')')?;
        let is_subtraction = name.contains("SUB");
        add_interval(&value, &amount, &unit, is_subtraction)
    }

    fn arguments(&mut self, scope: &Scope) -> Result<Vec<Expression>> {
        if self.take_other(')') {
            return Ok(Vec::new());
        }
        let arguments = self.comma_separated(|parser| parser.expression(scope))?;
        self.expect_other(')')?;
        Ok(arguments)
    }
}

/// Translates a function call. `None` for a function that the emulator does not know.
fn call(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    if let Some(found) = session(name, arguments) {
        return Ok(Some(found));
    }
    if let Some(found) = flow(name, arguments)? {
        return Ok(Some(found));
    }
    if let Some(found) = number::call(name, arguments)? {
        return Ok(Some(found));
    }
    if let Some(found) = text::call(name, arguments)? {
        return Ok(Some(found));
    }
    date::call(name, arguments)
}

/// The error for arguments of unsupported types.
fn wrong_argument<T>(name: &str, arguments: &[&Expression]) -> Result<T> {
    let kinds: Vec<String> = arguments.iter().map(|it| it.kind.describe()).collect();
    refused(format!(
        "{name}() with the arguments ({})",
        kinds.join(", ")
    ))
}

fn session(name: &str, arguments: &[&Expression]) -> Option<Expression> {
    Some(match (name, arguments) {
        ("DATABASE" | "SCHEMA", []) => Expression::new("database()", Kind::TEXT),
        ("VERSION", []) => Expression::new("version()", Kind::TEXT),
        ("USER" | "SESSION_USER" | "SYSTEM_USER", []) => Expression::new("user()", Kind::TEXT),
        ("CURRENT_USER", []) => Expression::new("current_user()", Kind::TEXT),
        // Without roles, as MySQL says it.
        ("CURRENT_ROLE", []) => Expression::new("'NONE'", Kind::TEXT),
        ("CONNECTION_ID", []) => Expression::new("connection_id()", Kind::Unsigned),
        ("LAST_INSERT_ID", []) => Expression::new("last_insert_id()", Kind::Unsigned),
        ("ROW_COUNT", []) => Expression::new("row_count()", Kind::Integer),
        ("SLEEP", [seconds]) if seconds.kind.is_number() => {
            Expression::new(format!("sleep({})", seconds.sql), Kind::Integer)
        }
        _ => return None,
    })
}

fn flow(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    let owned = |arguments: &[&Expression]| arguments.iter().map(|it| (*it).clone()).collect();
    Ok(Some(match (name, arguments) {
        ("IF", [condition, one, other]) => {
            let (kind, values) = unify("IF", owned(&[one, other]))?;
            let values: Vec<String> = values.into_iter().map(|it| it.sql).collect();
            let condition = operators::condition(condition)?;
            Expression::new(format!("iif({condition}, {})", values.join(", ")), kind)
        }
        ("IFNULL", [_, _]) | ("COALESCE", [_, _, ..]) => {
            let (kind, values) = unify(name, owned(arguments))?;
            let values: Vec<String> = values.into_iter().map(|it| it.sql).collect();
            Expression::new(format!("coalesce({})", values.join(", ")), kind)
        }
        ("NULLIF", [one, other]) => {
            let equal = compare("=", one, other)?;
            let sql = format!("CASE WHEN {} THEN NULL ELSE {} END", equal.sql, one.sql);
            Expression::new(format!("({sql})"), one.kind.clone())
        }
        ("ISNULL", [value]) => Expression::new(format!("({} IS NULL)", value.sql), Kind::Integer),
        ("GREATEST" | "LEAST", [_, _, ..]) => {
            let (kind, values) = unify(name, owned(arguments))?;
            if !kind.is_number() {
                return wrong_argument(name, arguments);
            }
            let function = if name == "LEAST" { "min" } else { "max" };
            let values: Vec<String> = values.into_iter().map(|it| it.sql).collect();
            Expression::new(format!("{function}({})", values.join(", ")), kind)
        }
        _ => return Ok(None),
    }))
}
