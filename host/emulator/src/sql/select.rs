//! `SELECT`, in SQLite's dialect.

mod clauses;
mod items;
mod tables;

use super::expression::{limit, refused};
use super::kind::Kind;
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::quote;
use super::scope::{Place, Scope, ScopeColumn, Source};
use clauses::Grouping;
pub(super) use clauses::condition;
use items::{Item, column_at};

/// A `SELECT` and what it gives.
#[derive(Clone, Debug)]
pub(super) struct Select {
    pub(super) sql: String,
    pub(super) columns: Vec<ScopeColumn>,
    pub(super) has_limit: bool,
    /// At most.
    pub(super) has_one_row: bool,
    /// Columns of the statement around it that it names.
    pub(super) outer: Vec<Place>,
}

/// A part of a `UNION`, or all there is.
struct Core {
    select: Select,
    items: Vec<Item>,
    scope: Scope,
    is_distinct: bool,
    grouping: Grouping,
}

impl Parser<'_> {
    /// A whole statement, or what is in parentheses.
    pub(super) fn subquery(&mut self, around: &Scope) -> Result<Select> {
        let mut scope = around.inner();
        let mut with = String::new();
        if self.take(&["WITH"]) {
            if self.is_word(0, "RECURSIVE") {
                return refused("WITH RECURSIVE");
            }
            let mut views = Vec::new();
            loop {
                let view = self.view(&mut scope)?;
                views.push(view);
                if !self.take_other(',') {
                    break;
                }
            }
            with = format!("WITH {} ", views.join(", "));
        }
        let mut select = self.union(&scope)?;
        select.sql = format!("{with}{}", select.sql);
        Ok(select)
    }

    fn view(&mut self, scope: &mut Scope) -> Result<String> {
        let name = self.name()?;
        let mut names = Vec::new();
        if self.take_other('(') {
            loop {
                names.push(self.name()?);
                if !self.take_other(',') {
                    break;
                }
            }
            self.expect_other(')')?;
        }
        self.expect(&["AS"])?;
        self.expect_other('(')?;
        let mut select = self.nested(|parser| parser.subquery(scope))?;
        self.expect_other(')')?;
        if !names.is_empty() && names.len() != select.columns.len() {
            return refused("WITH of another number of columns");
        }
        for (column, name) in select.columns.iter_mut().zip(names) {
            column.name = name;
        }
        let names: Vec<String> = select
            .columns
            .iter()
            .map(|it| quote::name(&it.name))
            .collect();
        let sql = format!(
            "{} ({}) AS ({})",
            quote::name(&name),
            names.join(", "),
            select.sql
        );
        tables::check_names(&select.columns)?;
        scope.views.push(Source {
            alias: name,
            columns: select.columns,
        });
        Ok(sql)
    }

    fn union(&mut self, scope: &Scope) -> Result<Select> {
        let is_union = self.union_follows();
        let mut core = self.core(scope, is_union)?;
        let mut has_several = false;
        while self.take(&["UNION"]) {
            has_several = true;
            let is_all = self.take(&["ALL"]);
            self.take(&["DISTINCT"]);
            let next = self.core(scope, true)?;
            clauses::unite(&mut core, next, is_all)?;
        }
        for word in ["EXCEPT", "INTERSECT"] {
            if self.is_word(0, word) {
                return refused(word);
            }
        }
        if self.take(&["ORDER", "BY"]) {
            let order = match has_several {
                true => self.order_of_union(&core.items)?,
                false => self.order(&mut core)?,
            };
            core.select.sql.push_str(&order);
        }
        core.check_grouping()?;
        if self.take(&["LIMIT"]) {
            let first = limit(self)?;
            let limits = if self.take_other(',') {
                format!(" LIMIT {} OFFSET {first}", limit(self)?)
            } else if self.take(&["OFFSET"]) {
                format!(" LIMIT {first} OFFSET {}", limit(self)?)
            } else {
                core.select.has_one_row |= first == "1";
                format!(" LIMIT {first}")
            };
            core.select.has_limit = true;
            core.select.sql.push_str(&limits);
        }
        for words in [&["FOR", "UPDATE"][..], &["FOR", "SHARE"], &["LOCK", "IN"]] {
            if self.take(words) {
                return refused(words.join(" "));
            }
        }
        if self.is_word(0, "INTO") {
            return refused("SELECT … INTO");
        }
        Ok(core.select)
    }

    fn core(&mut self, scope: &Scope, is_in_union: bool) -> Result<Core> {
        if self.is_other(0, '(') || self.is_word(0, "VALUES") || self.is_word(0, "TABLE") {
            return refused("a query that does not begin with SELECT");
        }
        self.expect(&["SELECT"])?;
        let is_distinct = self.take(&["DISTINCT"]) || self.take(&["DISTINCTROW"]);
        self.take(&["ALL"]);
        for word in ["STRAIGHT_JOIN", "SQL_CALC_FOUND_ROWS", "HIGH_PRIORITY"] {
            if self.is_word(0, word) {
                return refused(word);
            }
        }
        self.take(&["SQL_NO_CACHE"]);
        let list = self.position();
        let mut scope = scope.clone();
        let mut sql = String::new();
        let from = self.skip_to_from();
        if from {
            self.advance(1);
            sql = self.tables(&mut scope)?;
        }
        let behind = self.position();
        self.go_to(list);
        scope.aggregates_allowed = true;
        let items = self.items(&scope)?;
        if from {
            self.expect(&["FROM"])?;
            self.go_to(behind);
        }

        let mut outer = Vec::new();
        let mut select = "SELECT ".to_owned();
        if is_distinct {
            select.push_str("DISTINCT ");
        }
        let mut list = Vec::new();
        for item in &items {
            let of_outer = item.expression.columns.iter();
            outer.extend(of_outer.copied().filter(|place| place.level > 0));
            let text = match (&item.expression.kind, is_distinct || is_in_union) {
                (Kind::Text(collation), true) => {
                    format!("({}) COLLATE {}", item.expression.sql, collation.name())
                }
                (kind @ (Kind::Opaque(_) | Kind::Time(_)), true) if is_distinct => {
                    return refused(format!("DISTINCT of {}", kind.describe()));
                }
                _ => item.expression.sql.clone(),
            };
            list.push(format!("{text} AS {}", quote::name(&item.name)));
        }
        select.push_str(&list.join(", "));
        select.push_str(&sql);
        let grouping = self.grouping(&mut scope, &items, &mut select, &mut outer)?;
        let columns = items.iter().map(|item| ScopeColumn {
            name: item.name.clone(),
            kind: item.expression.kind.clone(),
            declared: item.declared.clone(),
            is_key: false,
        });
        let has_aggregate = items.iter().any(|item| item.expression.has_aggregate);
        let outer = outer.into_iter().map(|place| Place {
            level: place.level.saturating_sub(1),
            ..place
        });
        Ok(Core {
            select: Select {
                sql: select,
                columns: columns.collect(),
                has_limit: false,
                has_one_row: !is_in_union && (!from || has_aggregate && grouping.groups.is_none()),
                outer: outer.collect(),
            },
            items,
            scope,
            is_distinct,
            grouping,
        })
    }

    /// To the `FROM` of this `SELECT`, if it has one.
    fn skip_to_from(&mut self) -> bool {
        let mut depth = 0_usize;
        loop {
            match self.kind(0) {
                None => return false,
                Some(TokenKind::Other('(')) => depth = depth.saturating_add(1),
                Some(TokenKind::Other(')')) if depth == 0 => return false,
                Some(TokenKind::Other(')')) => depth = depth.saturating_sub(1),
                Some(TokenKind::Word(word)) if depth == 0 => {
                    if word.eq_ignore_ascii_case("FROM") {
                        return true;
                    }
                    if word.eq_ignore_ascii_case("UNION") {
                        return false;
                    }
                }
                _ => {}
            }
            self.advance(1);
        }
    }

    /// Whether a `UNION` is in what is read now.
    fn union_follows(&mut self) -> bool {
        let start = self.position();
        let mut depth = 0_usize;
        let found = loop {
            match self.kind(0) {
                None => break false,
                Some(TokenKind::Other('(')) => depth = depth.saturating_add(1),
                Some(TokenKind::Other(')')) if depth == 0 => break false,
                Some(TokenKind::Other(')')) => depth = depth.saturating_sub(1),
                Some(TokenKind::Word(word)) if depth == 0 && word.eq_ignore_ascii_case("UNION") => {
                    break true;
                }
                _ => {}
            }
            self.advance(1);
        };
        self.go_to(start);
        found
    }
}
