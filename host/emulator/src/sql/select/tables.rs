//! The `FROM` clause.

use crate::server_error::ServerError;
use crate::sql::expression::{condition, refused};
use crate::sql::lexer::TokenKind;
use crate::sql::parser::{Parser, Result};
use crate::sql::quote;
use crate::sql::reserved::is_reserved;
use crate::sql::scope::{Scope, ScopeColumn, Source};

/// Words that may follow a table in MySQL, and are not its alias.
const AFTER_A_TABLE: [&str; 5] = ["USE", "FORCE", "IGNORE", "PARTITION", "TABLESAMPLE"];

impl Parser<'_> {
    /// Parses what follows `FROM`: the tables with their join conditions.
    pub(super) fn tables(&mut self, scope: &mut Scope) -> Result<String> {
        if self.take(&["DUAL"]) {
            return Ok(String::new());
        }
        let mut sql = format!(" FROM {}", self.table(scope)?);
        loop {
            let join = if self.take_other(',') {
                ", "
            } else if self.take(&["INNER", "JOIN"]) || self.take(&["JOIN"]) {
                " JOIN "
            } else if self.take(&["CROSS", "JOIN"]) {
                " CROSS JOIN "
            } else if self.take(&["LEFT", "OUTER", "JOIN"]) || self.take(&["LEFT", "JOIN"]) {
                " LEFT JOIN "
            } else if self.take(&["RIGHT", "OUTER", "JOIN"]) || self.take(&["RIGHT", "JOIN"]) {
                " RIGHT JOIN "
            } else {
                break;
            };
            if join == ", " && sql.contains(" JOIN ") || join != ", " && sql.contains(", ") {
                return refused("JOIN and commas in one FROM clause");
            }
            let table = self.table(scope)?;
            sql.push_str(join);
            sql.push_str(&table);
            if join != ", " && self.take(&["ON"]) {
                let filter = self.expression(scope)?;
                sql.push_str(" ON ");
                sql.push_str(&condition(&filter)?);
            } else if join.contains("LEFT") || join.contains("RIGHT") {
                return Err(self.unexpected());
            }
        }
        self.refuse_words(&["NATURAL", "STRAIGHT_JOIN", "USING"])?;
        Ok(sql)
    }

    fn table(&mut self, scope: &mut Scope) -> Result<String> {
        if self.is_word(0, "LATERAL") {
            return refused("LATERAL");
        }
        if self.take_other('(') {
            if !self.is_query() {
                return refused("parentheses around a table");
            }
            // A derived table cannot refer to the other tables of its `FROM`.
            let around = Scope {
                levels: scope.levels.get(1..).unwrap_or_default().to_vec(),
                views: scope.views.clone(),
                ..Scope::default()
            };
            let select = self.nested(|parser| parser.subquery(&around))?;
            self.expect_other(')')?;
            if !select.outer.is_empty() {
                return refused("a subquery in FROM that refers to an outer table");
            }
            let Some(alias) = self.table_alias()? else {
                let message = "Every derived table must have its own alias";
                return Err(ServerError::new(1248, "42000", message));
            };
            check_names(&select.columns)?;
            add(scope, alias.clone(), select.columns)?;
            return Ok(format!("({}) AS {}", select.sql, quote::name(&alias)));
        }
        let is_qualified = self.is_other(1, '.');
        let name = self.table_name()?;
        if self.is_other(0, '(') {
            return refused("a table function");
        }
        let view = scope.views.iter().rev().find(|view| view.alias == name);
        let columns = match view {
            Some(view) if !is_qualified => view.columns.clone(),
            _ => {
                self.tables_read.push(name.clone());
                self.context.catalog.table(&name)?.scope_columns()
            }
        };
        let alias = self.table_alias()?;
        if let Some(word) = self.word_among(&AFTER_A_TABLE) {
            return refused(format!("{word} after a table"));
        }
        let alias = alias.unwrap_or_else(|| name.clone());
        add(scope, alias.clone(), columns)?;
        Ok(format!("{} AS {}", quote::name(&name), quote::name(&alias)))
    }

    fn table_alias(&mut self) -> Result<Option<String>> {
        let has_as = self.take(&["AS"]);
        let follows = match self.kind(0) {
            Some(TokenKind::QuotedName(_)) => true,
            Some(TokenKind::Word(word)) => {
                self.word_among(&AFTER_A_TABLE).is_none() && !is_reserved(word)
            }
            _ => false,
        };
        match has_as || follows {
            true => self.name().map(Some),
            false => Ok(None),
        }
    }
}

fn add(scope: &mut Scope, alias: String, columns: Vec<ScopeColumn>) -> Result<()> {
    let Some(sources) = scope.levels.first_mut() else {
        return Ok(());
    };
    if sources
        .iter()
        .any(|it| it.alias.eq_ignore_ascii_case(&alias))
    {
        let message = format!("Not unique table/alias: '{alias}'");
        return Err(ServerError::new(1066, "42000", message));
    }
    sources.push(Source { alias, columns });
    Ok(())
}

/// Refuses a duplicate column name, as MySQL does for derived tables and `WITH`.
pub(super) fn check_names(columns: &[ScopeColumn]) -> Result<()> {
    for (index, column) in columns.iter().enumerate() {
        let before = columns.get(..index).unwrap_or_default();
        if before
            .iter()
            .any(|it| it.name.eq_ignore_ascii_case(&column.name))
        {
            let message = format!("Duplicate column name '{}'", column.name);
            return Err(ServerError::new(1060, "42S21", message));
        }
    }
    Ok(())
}
