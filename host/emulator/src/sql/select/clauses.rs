//! `WHERE`, `GROUP BY`, `HAVING`, `ORDER BY` and `UNION`.

use super::{Core, Item};
use crate::sql::expression::{Expression, condition, refused};
use crate::sql::kind::Kind;
use crate::sql::lexer::TokenKind;
use crate::sql::parser::{Parser, Result};
use crate::sql::scope::{Place, Scope};

/// How a `SELECT` groups its rows.
#[derive(Default)]
pub(super) struct Grouping {
    /// The expressions of `GROUP BY`.
    pub(super) groups: Option<Vec<Expression>>,
    pub(super) has_aggregate: bool,
    /// The expressions besides the result's columns that must have one value in each group.
    others: Vec<Expression>,
}

impl Parser<'_> {
    /// Parses `WHERE`, `GROUP BY` and `HAVING`, and appends them to `sql`.
    pub(super) fn grouping(
        &mut self,
        scope: &mut Scope,
        items: &[Item],
        sql: &mut String,
        outer: &mut Vec<Place>,
    ) -> Result<Grouping> {
        if self.take(&["WHERE"]) {
            scope.aggregates_allowed = false;
            let filter = self.expression(scope)?;
            scope.aggregates_allowed = true;
            filter.add_outer_columns(outer);
            sql.push_str(&format!(" WHERE {}", condition(&filter)?));
        }
        let aliases = items.iter().filter(|item| item.has_alias).map(|item| {
            let Expression { sql, kind, .. } = &item.expression;
            (item.name.clone(), format!("({sql})"), kind.clone())
        });
        scope.aliases = aliases.collect();
        let mut grouping = Grouping::default();
        if self.take(&["GROUP", "BY"]) {
            scope.aggregates_allowed = false;
            grouping.groups = Some(self.group_by(scope, items, sql, outer)?);
            scope.aggregates_allowed = true;
        }
        grouping.has_aggregate = items.iter().any(|item| item.expression.has_aggregate);
        if self.take(&["HAVING"]) {
            let filter = self.expression(scope)?;
            filter.add_outer_columns(outer);
            grouping.has_aggregate |= filter.has_aggregate;
            if grouping.groups.is_none() && !grouping.has_aggregate {
                return refused("HAVING without GROUP BY");
            }
            sql.push_str(&format!(" HAVING {}", condition(&filter)?));
            grouping.others.push(filter);
        }
        self.refuse_words(&["WINDOW"])?;
        Ok(grouping)
    }

    fn group_by(
        &mut self,
        scope: &Scope,
        items: &[Item],
        sql: &mut String,
        outer: &mut Vec<Place>,
    ) -> Result<Vec<Expression>> {
        let groups = self.comma_separated(|parser| {
            let group = parser.position_or_expression(scope, items)?;
            group.add_outer_columns(outer);
            match group.has_aggregate || group.constant.is_some() {
                true => refused("GROUP BY with a constant or an aggregate function"),
                false => Ok(group),
            }
        })?;
        if self.is_word(0, "WITH") {
            return refused("WITH ROLLUP");
        }
        let keys = groups.iter().map(|it| key("GROUP BY", it));
        let keys: Vec<String> = keys.collect::<Result<_>>()?;
        sql.push_str(&format!(" GROUP BY {}", keys.join(", ")));
        Ok(groups)
    }

    /// Parses a key of `GROUP BY` or `ORDER BY`. A number refers to a column of the result, and an alias to the column
    /// with it.
    fn position_or_expression(&mut self, scope: &Scope, items: &[Item]) -> Result<Expression> {
        if let Some(TokenKind::Number(number)) = self.kind(0) {
            let index = number.parse::<usize>().ok();
            let index = index.and_then(|number| number.checked_sub(1));
            let item = index.and_then(|index| items.get(index));
            let is_all = matches!(
                self.kind(1),
                None | Some(TokenKind::Other(',' | ')')) | Some(TokenKind::Word(_))
            );
            let (Some(item), true) = (item, is_all) else {
                return refused(
                    "a number in GROUP BY or ORDER BY that is not the position of a column in the result",
                );
            };
            let expression = item.expression.clone();
            self.advance(1);
            return Ok(expression);
        }
        self.expression(scope)
    }

    /// Parses what follows `ORDER BY`.
    pub(super) fn order(&mut self, core: &mut Core) -> Result<String> {
        let keys = self.comma_separated(|parser| {
            let expression = parser.order_expression(core)?;
            core.grouping.has_aggregate |= expression.has_aggregate;
            let mut sql = key("ORDER BY", &expression)?;
            sql.push_str(parser.direction());
            core.grouping.others.push(expression);
            Ok(sql)
        })?;
        Ok(format!(" ORDER BY {}", keys.join(", ")))
    }

    /// Parses a key of `ORDER BY`: a column of the result, or an expression with the same meaning in MySQL and SQLite.
    fn order_expression(&mut self, core: &Core) -> Result<Expression> {
        let start = self.position();
        let expression = match self.result_column(&core.items) {
            Some(expression) => expression,
            None => {
                let expression = self.position_or_expression(&core.scope, &core.items)?;
                let text = self.text_from(start);
                let is_shadowed = core.items.iter().any(|item| {
                    item.has_alias
                        && core.scope.column(None, &item.name).is_ok()
                        && text.to_lowercase().contains(&item.name.to_lowercase())
                        && expression.column.is_none()
                });
                if is_shadowed {
                    return refused("ORDER BY with an alias that is also the name of a column");
                }
                expression
            }
        };
        if expression.constant.is_some() && expression.columns.is_empty() {
            return refused("ORDER BY with a literal");
        }
        let mut items = core.items.iter();
        let is_in_result = items.any(|item| item.expression.sql == expression.sql);
        match core.is_distinct && !is_in_result {
            true => refused("DISTINCT and ORDER BY with an expression that is not in the result"),
            false => Ok(expression),
        }
    }

    /// Parses the `ORDER BY` of a `UNION`, which may name only columns of the result.
    pub(super) fn order_of_union(&mut self, items: &[Item]) -> Result<String> {
        let keys = self.comma_separated(|parser| parser.order_key_of_union(items))?;
        Ok(format!(" ORDER BY {}", keys.join(", ")))
    }

    fn order_key_of_union(&mut self, items: &[Item]) -> Result<String> {
        let index = match self.next() {
            Some(TokenKind::Number(number)) => {
                let number = number.parse::<usize>().ok();
                number.filter(|number| (1..=items.len()).contains(number))
            }
            Some(TokenKind::Word(name) | TokenKind::QuotedName(name)) => items
                .iter()
                .position(|item| item.name.eq_ignore_ascii_case(&name))
                .map(|index| index.saturating_add(1)),
            _ => None,
        };
        let kind = index
            .and_then(|index| index.checked_sub(1))
            .and_then(|index| items.get(index))
            .map(|item| &item.expression.kind);
        let (Some(index), Some(kind)) = (index, kind) else {
            return refused("ORDER BY after a UNION with anything but columns of its result");
        };
        let mut sql = match kind {
            Kind::Opaque(_) | Kind::Time(_) => {
                return refused(format!("ORDER BY with {}", kind.describe()));
            }
            Kind::Text(collation) => format!("{index} COLLATE {}", collation.name()),
            _ => index.to_string(),
        };
        sql.push_str(self.direction());
        Ok(sql)
    }

    fn direction(&mut self) -> &'static str {
        self.take(&["ASC"]);
        match self.take(&["DESC"]) {
            true => " DESC",
            false => "",
        }
    }

    /// Parses a key that is only the alias of a column of the result.
    fn result_column(&mut self, items: &[Item]) -> Option<Expression> {
        let (TokenKind::Word(name) | TokenKind::QuotedName(name)) = self.kind(0)? else {
            return None;
        };
        let ends = match self.kind(1) {
            None | Some(TokenKind::Other(',' | ')')) => true,
            Some(TokenKind::Word(word)) => ["ASC", "DESC", "LIMIT", "FOR", "LOCK"]
                .iter()
                .any(|it| word.eq_ignore_ascii_case(it)),
            _ => false,
        };
        let mut named = items
            .iter()
            .filter(|item| item.has_alias && item.name.eq_ignore_ascii_case(name));
        let found = named.next().map(|item| item.expression.clone());
        if ends && found.is_some() {
            self.advance(1);
            return found;
        }
        None
    }
}

/// Writes a key for grouping or sorting.
fn key(what: &str, expression: &Expression) -> Result<String> {
    match &expression.kind {
        kind @ (Kind::Opaque(_) | Kind::Time(_)) => {
            refused(format!("{what} with {}", kind.describe()))
        }
        Kind::Text(collation) => Ok(format!("({}) COLLATE {}", expression.sql, collation.name())),
        _ => Ok(format!("({})", expression.sql)),
    }
}

impl Core {
    /// Refuses a column beside `GROUP BY` or an aggregate whose value is not determined by the group. MySQL returns
    /// the value of any row, or refuses the statement; SQLite may return that of another row.
    pub(super) fn check_grouping(&self) -> Result<()> {
        let Grouping {
            groups,
            has_aggregate,
            others,
        } = &self.grouping;
        if groups.is_none() && !has_aggregate {
            return Ok(());
        }
        let groups = groups.as_deref().unwrap_or_default();
        let expressions = self.items.iter().map(|item| &item.expression).chain(others);
        for expression in expressions {
            let is_group = groups.iter().any(|it| it.sql == expression.sql);
            let all_are_grouped = expression
                .columns
                .iter()
                .filter(|place| place.level == 0)
                .all(|place| self.is_grouped(groups, *place));
            if !is_group && !all_are_grouped {
                return refused(
                    "a column that is neither in GROUP BY nor inside an aggregate function",
                );
            }
        }
        Ok(())
    }

    fn is_grouped(&self, groups: &[Expression], place: Place) -> bool {
        let columns = groups.iter().filter_map(|group| group.column);
        columns.into_iter().any(|grouped| {
            let is_key = super::column_at(&self.scope, grouped).is_some_and(|it| it.is_key);
            grouped == place || is_key && grouped.source == place.source
        })
    }
}

/// Appends the next part of a `UNION` to the first.
pub(super) fn unite(core: &mut Core, next: Core, is_all: bool) -> Result<()> {
    core.check_grouping()?;
    next.check_grouping()?;
    if core.items.len() != next.items.len() {
        return Err(crate::server_error::ServerError::new(
            1222,
            "21000",
            "The used SELECT statements have a different number of columns",
        ));
    }
    let columns = core.items.iter_mut().zip(&mut core.select.columns);
    for ((item, column), next) in columns.zip(&next.items) {
        let (kind, other) = (&item.expression.kind, &next.expression.kind);
        let is_opaque = matches!(kind, Kind::Opaque(_) | Kind::Time(_));
        if kind != other || is_opaque {
            let (kind, other) = (kind.describe(), other.describe());
            return refused(format!("UNION of columns that contain {kind} and {other}"));
        }
        // Of two texts that are equal by the collation, `UNION` keeps one: MySQL and SQLite may keep different ones.
        if matches!(kind, Kind::Text(_)) && !is_all {
            return refused("UNION without ALL of columns that contain text");
        }
        column.declared = kind.declaration();
    }
    let all = if is_all { "UNION ALL" } else { "UNION" };
    core.select.sql = format!("{} {all} {}", core.select.sql, next.select.sql);
    core.select.outer.extend(next.select.outer);
    core.select.has_one_row = false;
    core.grouping = Grouping::default();
    Ok(())
}
