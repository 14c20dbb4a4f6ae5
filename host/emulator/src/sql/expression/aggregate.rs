//! Aggregate functions.

use super::{Expression, refused};
use crate::sql::kind::Kind;
use crate::sql::parser::{Parser, Result};
use crate::sql::scope::Scope;

const NAMES: [&str; 5] = ["COUNT", "SUM", "AVG", "MIN", "MAX"];

pub(super) fn is_aggregate(name: &str) -> bool {
    NAMES.contains(&name)
}

impl Parser<'_> {
    /// Parses the arguments of an aggregate function, after the opening parenthesis.
    pub(super) fn aggregate(&mut self, name: &str, scope: &Scope) -> Result<Expression> {
        if !scope.aggregates_allowed {
            return refused(format!("{name}() in this place"));
        }
        let mut within = scope.clone();
        within.aggregates_allowed = false;
        // In an argument, a name is a column of a table, and never an alias of the result.
        within.aliases.clear();
        let mut found = if name == "COUNT" && self.take_other('*') {
            Expression::new("count(*)", Kind::Integer)
        } else {
            let distinct = match self.take(&["DISTINCT"]) {
                true => "DISTINCT ",
                false => "",
            };
            let argument = self.expression(&within)?;
            if self.is_other(0, ',') {
                return refused(format!("{name}() with several arguments"));
            }
            aggregate(name, distinct, &argument)?
        };
        self.expect_other(')')?;
        if self.is_word(0, "OVER") {
            return refused("a window function");
        }
        found.columns.clear();
        found.has_aggregate = true;
        Ok(found)
    }
}

fn aggregate(name: &str, distinct: &str, argument: &Expression) -> Result<Expression> {
    let sql = match &argument.kind {
        Kind::Text(collation) => format!("{} COLLATE {}", argument.sql, collation.name()),
        _ => argument.sql.clone(),
    };
    let kind = &argument.kind;
    if name == "COUNT" {
        return match kind {
            Kind::Opaque(_) if !distinct.is_empty() => {
                refused(format!("COUNT(DISTINCT) with {}", kind.describe()))
            }
            _ => Ok(Expression::new(
                format!("count({distinct}{sql})"),
                Kind::Integer,
            )),
        };
    }
    let what = format!("{name}() with {}", kind.describe());
    let scale = kind.scale();
    let (sql, kind) = match (name, kind) {
        (_, Kind::Opaque(_) | Kind::Null | Kind::Parameter | Kind::Time(_)) => {
            return refused(what);
        }
        ("MIN", kind) => (format!("min({sql})"), kind.clone()),
        ("MAX", kind) => (format!("max({sql})"), kind.clone()),
        // SQLite supports `DISTINCT` only for aggregates of one argument, and `rds_sum` has two.
        _ if !distinct.is_empty() => return refused(format!("{name}(DISTINCT)")),
        ("SUM", Kind::Double) => (format!("\"rds_sum_double\"({sql})"), Kind::Double),
        ("AVG", Kind::Double) => (format!("\"rds_average_double\"({sql})"), Kind::Double),
        ("SUM", number) if number.is_number() => {
            (format!("\"rds_sum\"({sql}, {scale})"), Kind::Decimal(scale))
        }
        ("AVG", number) if number.is_number() => (
            format!("\"rds_average\"({sql}, {scale})"),
            Kind::Decimal(scale.saturating_add(4)),
        ),
        _ => return refused(what),
    };
    Ok(Expression::new(sql, kind))
}
