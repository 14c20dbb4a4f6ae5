//! Predicates: the operators from `OR` to comparisons and `IN`.

use super::compare::{self, compare};
use super::{Expression, operators, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::{Parser, Result};
use crate::sql::scope::Scope;

impl Parser<'_> {
    pub(super) fn or(&mut self, scope: &Scope) -> Result<Expression> {
        let mut left = self.xor(scope)?;
        loop {
            if self.operator() == "||" {
                self.advance(2);
            } else if !self.take(&["OR"]) {
                return Ok(left);
            }
            let right = self.xor(scope)?;
            left = operators::logical("OR", &left, &right)?;
        }
    }

    fn xor(&mut self, scope: &Scope) -> Result<Expression> {
        let mut left = self.and(scope)?;
        while self.take(&["XOR"]) {
            let right = self.and(scope)?;
            left = operators::xor(&left, &right)?;
        }
        Ok(left)
    }

    fn and(&mut self, scope: &Scope) -> Result<Expression> {
        let mut left = self.not(scope)?;
        loop {
            if self.operator() == "&&" {
                self.advance(2);
            } else if !self.take(&["AND"]) {
                return Ok(left);
            }
            let right = self.not(scope)?;
            left = operators::logical("AND", &left, &right)?;
        }
    }

    fn not(&mut self, scope: &Scope) -> Result<Expression> {
        if self.take(&["NOT"]) {
            let operand = self.nested(|parser| parser.not(scope))?;
            return operators::not(&operand);
        }
        self.comparison(scope)
    }

    fn comparison(&mut self, scope: &Scope) -> Result<Expression> {
        let mut left = self.predicate(scope)?;
        loop {
            if self.take(&["IS"]) {
                let is_not = self.take(&["NOT"]);
                left = self.is(&left, is_not)?;
                continue;
            }
            let operator = self.operator();
            match operator.as_str() {
                "=" | "<=>" | ">=" | ">" | "<=" | "<" | "<>" | "!=" => {
                    self.advance(operator.len());
                    self.refuse_words(&["ANY", "ALL", "SOME"])?;
                    let right = self.predicate(scope)?;
                    left = compare(&operator, &left, &right)?;
                }
                "" | "||" | "&&" => return Ok(left),
                "|" | "&" => return refused("bit arithmetic"),
                ":=" => return refused("user variables"),
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn is(&mut self, operand: &Expression, is_not: bool) -> Result<Expression> {
        let not = if is_not { "NOT " } else { "" };
        if self.take(&["NULL"]) || self.take(&["UNKNOWN"]) {
            let sql = format!("({} IS {not}NULL)", operand.sql);
            return Ok(Expression::composed(sql, Kind::Integer, &[operand]));
        }
        for word in ["TRUE", "FALSE"] {
            if self.take(&[word]) {
                let condition = operators::condition(operand)?;
                let sql = format!("({condition} IS {not}{word})");
                return Ok(Expression::composed(sql, Kind::Integer, &[operand]));
            }
        }
        Err(self.unexpected())
    }

    fn predicate(&mut self, scope: &Scope) -> Result<Expression> {
        let left = self.additive(scope)?;
        let is_not = ["IN", "BETWEEN", "LIKE", "REGEXP", "RLIKE"]
            .iter()
            .any(|word| self.is_word(1, word))
            && self.take(&["NOT"]);
        let found = if self.take(&["IN"]) {
            self.is_in(&left, scope)?
        } else if self.take(&["BETWEEN"]) {
            let low = self.additive(scope)?;
            self.expect(&["AND"])?;
            let high = self.nested(|parser| parser.predicate(scope))?;
            let above = compare(">=", &left, &low)?;
            operators::logical("AND", &above, &compare("<=", &left, &high)?)?
        } else if self.take(&["LIKE"]) {
            let pattern = self.additive(scope)?;
            let escape = match self.take(&["ESCAPE"]) {
                true => Some(self.primary(scope)?),
                false => None,
            };
            compare::like(&left, &pattern, escape.as_ref())?
        } else if self.is_word(0, "REGEXP") || self.is_word(0, "RLIKE") {
            return refused("REGEXP");
        } else if self.is_word(0, "MEMBER") && self.is_word(1, "OF") {
            return refused("MEMBER OF");
        } else if self.is_word(0, "SOUNDS") {
            return refused("SOUNDS LIKE");
        } else {
            return Ok(left);
        };
        match is_not {
            true => operators::not(&found),
            false => Ok(found),
        }
    }

    fn is_in(&mut self, left: &Expression, scope: &Scope) -> Result<Expression> {
        self.expect_other('(')?;
        if self.is_query() {
            return self.is_in_subquery(left, scope);
        }
        let mut found: Option<Expression> = None;
        self.comma_separated(|parser| {
            let value = parser.expression(scope)?;
            let equal = compare("=", left, &value)?;
            found = Some(match &found {
                Some(found) => operators::logical("OR", found, &equal)?,
                None => equal,
            });
            Ok(())
        })?;
        self.expect_other(')')?;
        found.ok_or_else(|| self.unexpected())
    }

    fn is_in_subquery(&mut self, left: &Expression, scope: &Scope) -> Result<Expression> {
        let select = self.nested(|parser| parser.subquery(scope))?;
        self.expect_other(')')?;
        let [column] = select.columns.as_slice() else {
            return refused("IN with a subquery that has several columns");
        };
        if select.has_limit {
            return refused("LIMIT in the subquery of IN");
        }
        let value = Expression::new("\"rds-bridge in\".v", column.kind.clone());
        let compared = compare("=", left, &value)?;
        // SQLite's `IN` compares with the collation of the left side.
        let collated = match (&left.kind, &column.kind) {
            (Kind::Text(of_left), Kind::Text(of_right)) if of_left == of_right => {
                format!("{} COLLATE {}", left.sql, of_left.name())
            }
            (left_kind, kind) if left_kind == kind => left.sql.clone(),
            (left_kind, kind) if left_kind.is_integer() && kind.is_integer() => left.sql.clone(),
            _ => return refused("IN with a subquery of another type"),
        };
        let sql = format!("(({collated}) IN ({}))", select.sql);
        let mut found = Expression::composed(sql, Kind::Integer, &[left, &compared]);
        found.columns.extend(select.outer);
        Ok(found)
    }
}
