//! Translation of `SELECT` to SQLite's dialect.

mod clauses;
mod items;
mod tables;

use super::expression::{Expression, limit, refused};
use super::kind::Kind;
use super::parser::{Parser, Result};
use super::quote;
use super::scope::{Place, Scope, ScopeColumn, Source};
use clauses::Grouping;
use items::{Item, column_at};

/// A translated `SELECT` and its properties.
#[derive(Clone, Debug)]
pub(super) struct Select {
    pub(super) sql: String,
    pub(super) columns: Vec<ScopeColumn>,
    pub(super) has_limit: bool,
    /// Whether it returns at most one row.
    pub(super) has_one_row: bool,
    /// The columns of outer statements that it names.
    pub(super) outer: Vec<Place>,
}

/// One `SELECT` of a `UNION`, or the only one.
struct Core {
    select: Select,
    items: Vec<Item>,
    scope: Scope,
    is_distinct: bool,
    grouping: Grouping,
}

impl Parser<'_> {
    /// Parses a query: a whole statement, or the contents of parentheses.
    pub(super) fn subquery(&mut self, around: &Scope) -> Result<Select> {
        let mut scope = around.inner();
        let mut with = String::new();
        if self.take(&["WITH"]) {
            if self.is_word(0, "RECURSIVE") {
                return refused("WITH RECURSIVE");
            }
            let views = self.comma_separated(|parser| parser.view(&mut scope))?;
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
            names = self.comma_separated(Self::name)?;
            self.expect_other(')')?;
        }
        self.expect(&["AS"])?;
        self.expect_other('(')?;
        let mut select = self.nested(|parser| parser.subquery(scope))?;
        self.expect_other(')')?;
        if !names.is_empty() && names.len() != select.columns.len() {
            return refused("WITH whose list of columns does not match its query");
        }
        for (column, name) in select.columns.iter_mut().zip(names) {
            column.name = name;
        }
        let names = select.columns.iter().map(|it| &it.name);
        let sql = format!(
            "{} ({}) AS ({})",
            quote::name(&name),
            quote::names(names),
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
        self.refuse_words(&["EXCEPT", "INTERSECT"])?;
        if self.take(&["ORDER", "BY"]) {
            let order = match has_several {
                true => self.order_of_union(&core.items)?,
                false => self.order(&mut core)?,
            };
            core.select.sql.push_str(&order);
        }
        core.check_grouping()?;
        if self.take(&["LIMIT"]) {
            self.limit_clause(&mut core.select)?;
        }
        self.refuse_locking_and_into()?;
        Ok(core.select)
    }

    /// Parses what follows `LIMIT`, with or without an offset.
    fn limit_clause(&mut self, select: &mut Select) -> Result<()> {
        let first = limit(self)?;
        let clause = if self.take_other(',') {
            format!(" LIMIT {} OFFSET {first}", limit(self)?)
        } else if self.take(&["OFFSET"]) {
            format!(" LIMIT {first} OFFSET {}", limit(self)?)
        } else {
            select.has_one_row |= first == "1";
            format!(" LIMIT {first}")
        };
        select.has_limit = true;
        select.sql.push_str(&clause);
        Ok(())
    }

    fn refuse_locking_and_into(&mut self) -> Result<()> {
        for words in [&["FOR", "UPDATE"][..], &["FOR", "SHARE"], &["LOCK", "IN"]] {
            if self.take(words) {
                return refused(words.join(" "));
            }
        }
        match self.is_word(0, "INTO") {
            true => refused("SELECT … INTO"),
            false => Ok(()),
        }
    }

    /// Parses one `SELECT`, up to its `HAVING`.
    fn core(&mut self, scope: &Scope, is_in_union: bool) -> Result<Core> {
        if self.is_other(0, '(') || self.word_among(&["VALUES", "TABLE"]).is_some() {
            return refused("a query that does not begin with SELECT");
        }
        self.expect(&["SELECT"])?;
        let is_distinct = self.select_options()?;
        let mut scope = scope.clone();
        let (items, from) = self.items_and_from(&mut scope)?;
        let mut outer = Vec::new();
        for item in &items {
            item.expression.add_outer_columns(&mut outer);
        }
        let distinct = if is_distinct { "DISTINCT " } else { "" };
        let list = select_list(&items, is_distinct, is_in_union)?;
        let from_clause = from.as_deref().unwrap_or_default();
        let mut sql = format!("SELECT {distinct}{list}{from_clause}");
        let grouping = self.grouping(&mut scope, &items, &mut sql, &mut outer)?;
        let has_aggregate = items.iter().any(|item| item.expression.has_aggregate);
        let is_one_group = has_aggregate && grouping.groups.is_none();
        Ok(Core {
            select: Select {
                sql,
                columns: items.iter().map(Item::scope_column).collect(),
                has_limit: false,
                has_one_row: !is_in_union && (from.is_none() || is_one_group),
                outer: outer.into_iter().map(Place::seen_from_outside).collect(),
            },
            items,
            scope,
            is_distinct,
            grouping,
        })
    }

    /// Parses the options between `SELECT` and its list. Returns whether there is a `DISTINCT`.
    fn select_options(&mut self) -> Result<bool> {
        let is_distinct = self.take(&["DISTINCT"]) || self.take(&["DISTINCTROW"]);
        self.take(&["ALL"]);
        self.refuse_words(&["STRAIGHT_JOIN", "SQL_CALC_FOUND_ROWS", "HIGH_PRIORITY"])?;
        self.take(&["SQL_NO_CACHE"]);
        Ok(is_distinct)
    }

    /// Parses the list and the `FROM` clause, if there is one. The tables come first, because the list names their
    /// columns.
    fn items_and_from(&mut self, scope: &mut Scope) -> Result<(Vec<Item>, Option<String>)> {
        let list = self.position();
        let mut from = None;
        if self.skip_to(&["FROM", "UNION"]) && self.take(&["FROM"]) {
            from = Some(self.tables(scope)?);
        }
        let after_tables = self.position();
        self.go_to(list);
        scope.aggregates_allowed = true;
        let items = self.items(scope)?;
        if from.is_some() {
            self.expect(&["FROM"])?;
            self.go_to(after_tables);
        }
        Ok((items, from))
    }

    /// Whether a `UNION` follows in the query that is being parsed.
    fn union_follows(&mut self) -> bool {
        let start = self.position();
        let follows = self.skip_to(&["UNION"]);
        self.go_to(start);
        follows
    }
}

/// Writes the list of a `SELECT`. `DISTINCT` and `UNION` compare rows, so their texts need an explicit collation.
fn select_list(items: &[Item], is_distinct: bool, is_in_union: bool) -> Result<String> {
    let column = |item: &Item| {
        let Expression { sql, kind, .. } = &item.expression;
        let sql = match kind {
            Kind::Text(collation) if is_distinct || is_in_union => {
                format!("({sql}) COLLATE {}", collation.name())
            }
            Kind::Opaque(_) | Kind::Time(_) if is_distinct => {
                return refused(format!("DISTINCT with {}", kind.describe()));
            }
            _ => sql.clone(),
        };
        Ok(format!("{sql} AS {}", quote::name(&item.name)))
    };
    let columns: Vec<String> = items.iter().map(column).collect::<Result<_>>()?;
    Ok(columns.join(", "))
}
