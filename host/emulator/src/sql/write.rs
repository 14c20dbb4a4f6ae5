//! `INSERT`, `UPDATE` and `DELETE`, in SQLite's dialect.
//!
//! Each value goes through `rds_store`, which refuses what MySQL would refuse or change.

mod stored;

use super::catalog::{Column, Table};
use super::expression::{Expression, refused};
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::quote;
use super::scope::{Scope, Source};
use super::select_condition;
use crate::server_error::ServerError;
use stored::{column_names, default, ids_of, now, store, write_rows};

/// A statement that changes rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) sql: String,
    /// Counts the rows that an `UPDATE` finds, whether it changes them or not.
    pub(crate) count_matched: Option<String>,
    /// The table whose `AUTO_INCREMENT` may give values, and its column.
    pub(crate) ids_of: Option<(String, String)>,
    /// The rows of an `INSERT` with values.
    pub(crate) rows: u64,
}

/// One value of a row, before it is stored.
enum Given {
    Default,
    Value(Expression),
}

impl Parser<'_> {
    /// What follows `INSERT`.
    pub(super) fn insert(&mut self) -> Result<Write> {
        for word in ["IGNORE", "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY"] {
            if self.is_word(0, word) {
                return refused(format!("INSERT {word}"));
            }
        }
        self.take(&["INTO"]);
        let name = self.table_name()?;
        let table = self.context.catalog.table(&name)?;
        let mut names: Vec<String> = table.columns.iter().map(|it| it.name.clone()).collect();
        if self.take(&["SET"]) {
            return self.insert_set(&table);
        }
        if self.is_other(0, '(') && !self.is_word(1, "SELECT") {
            names = self.name_list()?;
        }
        for (index, name) in names.iter().enumerate() {
            table.column(name)?;
            let before = names.get(..index).unwrap_or_default();
            if before.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                let message = format!("Column '{name}' specified twice");
                return Err(ServerError::new(1110, "42000", message));
            }
        }
        if self.is_word(0, "SELECT") || self.is_word(0, "WITH") || self.is_other(0, '(') {
            return self.insert_select(&table, &names);
        }
        if !self.take(&["VALUES"]) && !self.take(&["VALUE"]) {
            return Err(self.unexpected());
        }
        let mut rows = Vec::new();
        loop {
            self.expect_other('(')?;
            let mut given = Vec::new();
            if !self.take_other(')') {
                loop {
                    given.push(self.given()?);
                    if !self.take_other(',') {
                        break;
                    }
                }
                self.expect_other(')')?;
            }
            if given.len() != names.len() && !given.is_empty() {
                let row = rows.len().saturating_add(1);
                let message = format!("Column count doesn't match value count at row {row}");
                return Err(ServerError::new(1136, "21S01", message));
            }
            rows.push(given);
            if !self.take_other(',') {
                break;
            }
        }
        self.no_duplicate_key()?;
        write_rows(&table, &names, &rows)
    }

    fn no_duplicate_key(&self) -> Result<()> {
        match self.is_word(0, "ON") {
            true => refused("ON DUPLICATE KEY UPDATE"),
            false => Ok(()),
        }
    }

    fn insert_set(&mut self, table: &Table) -> Result<Write> {
        let (mut names, mut row) = (Vec::new(), Vec::new());
        loop {
            let name = self.name()?;
            table.column(&name)?;
            names.push(name);
            self.expect_other('=')?;
            row.push(self.given()?);
            if !self.take_other(',') {
                break;
            }
        }
        self.no_duplicate_key()?;
        write_rows(table, &names, &[row])
    }

    fn name_list(&mut self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        self.expect_other('(')?;
        if self.take_other(')') {
            return Ok(names);
        }
        loop {
            names.push(self.name()?);
            if !self.take_other(',') {
                break;
            }
        }
        self.expect_other(')')?;
        Ok(names)
    }

    fn given(&mut self) -> Result<Given> {
        if self.is_word(0, "DEFAULT") && !self.is_other(1, '(') {
            self.advance(1);
            return Ok(Given::Default);
        }
        self.expression(&Scope::default()).map(Given::Value)
    }

    fn insert_select(&mut self, table: &Table, names: &[String]) -> Result<Write> {
        if self.is_other(0, '(') {
            return refused("INSERT of a query in parentheses");
        }
        let select = self.subquery(&Scope::default())?;
        self.no_duplicate_key()?;
        if select.columns.len() != names.len() {
            let message = "Column count doesn't match value count at row 1";
            return Err(ServerError::new(1136, "21S01", message));
        }
        if let Some(id) = table.id()
            && !names.iter().any(|it| it.eq_ignore_ascii_case(&id.name))
        {
            return refused("AUTO_INCREMENT of the rows of a SELECT");
        }
        let mut values = Vec::new();
        for column in &table.columns {
            let index = names
                .iter()
                .position(|it| it.eq_ignore_ascii_case(&column.name));
            let given = index.and_then(|index| select.columns.get(index).zip(Some(index)));
            values.push(match given {
                Some((of_select, index)) => {
                    let sql = format!("\"rds-bridge\".\"c{index}\"");
                    store(column, &Expression::new(sql, of_select.kind.clone()))?
                }
                None => default(column)?,
            });
        }
        let columns: Vec<String> = (0..names.len())
            .map(|index| format!("\"c{index}\""))
            .collect();
        // Of the columns of the result, whatever their names.
        let sql = format!(
            "INSERT INTO {} ({}) WITH \"rds-bridge\" ({}) AS ({}) SELECT {} FROM \"rds-bridge\"",
            quote::name(&table.name),
            column_names(table),
            columns.join(", "),
            select.sql,
            values.join(", ")
        );
        Ok(Write {
            sql,
            count_matched: None,
            ids_of: ids_of(table),
            rows: 0,
        })
    }

    /// What follows `UPDATE`.
    pub(super) fn update(&mut self) -> Result<Write> {
        for word in ["IGNORE", "LOW_PRIORITY"] {
            if self.is_word(0, word) {
                return refused(format!("UPDATE {word}"));
            }
        }
        let (table, scope, target) = self.target()?;
        self.expect(&["SET"])?;
        let mut assigned: Vec<(Column, String)> = Vec::new();
        loop {
            let name = self.assigned_name(&scope)?;
            let column = table.column(&name)?.clone();
            self.expect_other('=')?;
            let value = match self.is_word(0, "DEFAULT") && !self.is_other(1, '(') {
                true => {
                    self.advance(1);
                    default(&column)?
                }
                false => {
                    let value = self.expression(&scope)?;
                    // MySQL takes the new value of a column that stands before.
                    let names_earlier = value.columns.iter().any(|place| {
                        let named = table.columns.get(place.column);
                        named.is_some_and(|named| assigned.iter().any(|(it, _)| it == named))
                    });
                    if names_earlier {
                        return refused("UPDATE with a column that it has set before");
                    }
                    store(&column, &value)?
                }
            };
            if assigned.iter().any(|(it, _)| *it == column) {
                return refused("UPDATE that sets a column twice");
            }
            assigned.push((column, value));
            if !self.take_other(',') {
                break;
            }
        }
        let filter = self.filter(&scope)?;
        self.refuse_itself(&table)?;
        let alias = scope.sources().first().map(|it| quote::name(&it.alias));
        let alias = alias.unwrap_or_default();
        let changed = assigned.iter().map(|(column, value)| {
            let name = quote::name(&column.name);
            format!("({alias}.{name} COLLATE BINARY) IS NOT ({value})")
        });
        let changed: Vec<String> = changed.collect();
        let mut sets = Vec::new();
        for (column, value) in &assigned {
            sets.push(format!("{} = {value}", quote::name(&column.name)));
        }
        let touched = table.columns.iter().filter(|column| {
            column.is_set_on_update && !assigned.iter().any(|(it, _)| it == *column)
        });
        for column in touched {
            sets.push(format!("{} = {}", quote::name(&column.name), now(column)));
        }
        Ok(Write {
            sql: format!(
                "UPDATE {target} SET {} WHERE ({filter}) AND ({})",
                sets.join(", "),
                changed.join(" OR ")
            ),
            count_matched: Some(format!("SELECT count(*) FROM {target} WHERE {filter}")),
            ids_of: None,
            rows: 0,
        })
    }

    fn assigned_name(&mut self, scope: &Scope) -> Result<String> {
        let name = self.name()?;
        let is_table = scope.sources().iter().any(|it| it.alias == name);
        match is_table && self.take_other('.') {
            true => self.name(),
            false => Ok(name),
        }
    }

    /// What follows `DELETE`.
    pub(super) fn delete(&mut self) -> Result<Write> {
        self.expect(&["FROM"])?;
        let (table, scope, target) = self.target()?;
        let filter = self.filter(&scope)?;
        self.refuse_itself(&table)?;
        Ok(Write {
            sql: format!("DELETE FROM {target} WHERE {filter}"),
            count_matched: None,
            ids_of: None,
            rows: 0,
        })
    }

    /// A table, and how it is named in the statement.
    fn target(&mut self) -> Result<(Table, Scope, String)> {
        let name = self.table_name()?;
        let table = self.context.catalog.table(&name)?;
        let is_said = self.take(&["AS"]);
        let is_alias = match self.kind(0) {
            Some(TokenKind::QuotedName(_)) => true,
            Some(TokenKind::Word(word)) => is_said || !super::parser::is_reserved(word),
            _ => is_said,
        };
        let alias = match is_alias {
            true => self.name()?,
            false => name.clone(),
        };
        let target = format!("{} AS {}", quote::name(&name), quote::name(&alias));
        let scope = Scope {
            levels: vec![vec![Source {
                alias,
                columns: table.scope_columns(),
            }]],
            ..Scope::default()
        };
        Ok((table, scope, target))
    }

    fn filter(&mut self, scope: &Scope) -> Result<String> {
        match self.take(&["WHERE"]) {
            true => select_condition(&self.expression(scope)?),
            false => Ok("1".to_owned()),
        }
    }

    fn refuse_itself(&self, table: &Table) -> Result<()> {
        match self.tables_read.contains(&table.name) {
            true => refused("a subquery of the table that is changed"),
            false => Ok(()),
        }
    }
}
