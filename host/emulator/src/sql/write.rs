//! Translation of `INSERT`, `UPDATE` and `DELETE` to SQLite's dialect.
//!
//! Each value passes through `rds_store`, which refuses what MySQL would refuse or change.

mod stored;

use super::catalog::{Column, Table};
use super::expression::{Expression, condition, refused};
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::quote;
use super::reserved::is_reserved;
use super::scope::Scope;
use crate::server_error::ServerError;
use stored::{column_names, default, ids_of, now, store, write_rows};

/// A translated statement that changes rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) sql: String,
    /// The statement that counts the rows that an `UPDATE` matches, whether it changes them or not.
    pub(crate) count_matched: Option<String>,
    /// The table whose `AUTO_INCREMENT` may generate values, and its column.
    pub(crate) ids_of: Option<(String, String)>,
    /// The number of rows of an `INSERT` with `VALUES`.
    pub(crate) rows: u64,
}

/// A value of a row, before its conversion to the column's type.
enum Given {
    Default,
    Value(Expression),
}

impl Parser<'_> {
    /// Parses what follows `INSERT`.
    pub(super) fn insert(&mut self) -> Result<Write> {
        let options = ["IGNORE", "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY"];
        if let Some(word) = self.word_among(&options) {
            return refused(format!("INSERT {word}"));
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
        check_names(&table, &names)?;
        if self.is_query() || self.is_other(0, '(') {
            return self.insert_select(&table, &names);
        }
        if !self.take(&["VALUES"]) && !self.take(&["VALUE"]) {
            return Err(self.unexpected());
        }
        let mut number = 0_usize;
        let rows = self.comma_separated(|parser| {
            number = number.saturating_add(1);
            let row = parser.row()?;
            if row.len() != names.len() && !row.is_empty() {
                return Err(wrong_count(number));
            }
            Ok(row)
        })?;
        self.no_duplicate_key()?;
        write_rows(&table, &names, &rows)
    }

    /// Parses the values of one row, in parentheses. An empty row stands for the defaults of all columns.
    fn row(&mut self) -> Result<Vec<Given>> {
        self.expect_other('(')?;
        if self.take_other(')') {
            return Ok(Vec::new());
        }
        let row = self.comma_separated(Self::given)?;
        self.expect_other(')')?;
        Ok(row)
    }

    fn no_duplicate_key(&self) -> Result<()> {
        match self.is_word(0, "ON") {
            true => refused("ON DUPLICATE KEY UPDATE"),
            false => Ok(()),
        }
    }

    fn insert_set(&mut self, table: &Table) -> Result<Write> {
        let (mut names, mut row) = (Vec::new(), Vec::new());
        self.comma_separated(|parser| {
            let name = parser.name()?;
            table.column(&name)?;
            names.push(name);
            parser.expect_other('=')?;
            row.push(parser.given()?);
            Ok(())
        })?;
        self.no_duplicate_key()?;
        write_rows(table, &names, &[row])
    }

    fn name_list(&mut self) -> Result<Vec<String>> {
        self.expect_other('(')?;
        if self.take_other(')') {
            return Ok(Vec::new());
        }
        let names = self.comma_separated(Self::name)?;
        self.expect_other(')')?;
        Ok(names)
    }

    fn given(&mut self) -> Result<Given> {
        match self.take_default() {
            true => Ok(Given::Default),
            false => self.expression(&Scope::default()).map(Given::Value),
        }
    }

    /// Skips the word `DEFAULT` if it follows and is not a function.
    fn take_default(&mut self) -> bool {
        !self.is_other(1, '(') && self.take(&["DEFAULT"])
    }

    fn insert_select(&mut self, table: &Table, names: &[String]) -> Result<Write> {
        if self.is_other(0, '(') {
            return refused("INSERT with a query in parentheses");
        }
        let select = self.subquery(&Scope::default())?;
        self.no_duplicate_key()?;
        if select.columns.len() != names.len() {
            return Err(wrong_count(1));
        }
        if let Some(id) = table.id()
            && !names.iter().any(|it| it.eq_ignore_ascii_case(&id.name))
        {
            return refused("INSERT … SELECT without values for the AUTO_INCREMENT column");
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
        // Names the query's columns `c0`, `c1` and so on, whatever their own names are.
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

    /// Parses what follows `UPDATE`.
    pub(super) fn update(&mut self) -> Result<Write> {
        if let Some(word) = self.word_among(&["IGNORE", "LOW_PRIORITY"]) {
            return refused(format!("UPDATE {word}"));
        }
        let (table, scope, target) = self.target()?;
        self.expect(&["SET"])?;
        let mut assigned: Vec<(Column, String)> = Vec::new();
        self.comma_separated(|parser| {
            let assignment = parser.assignment(&table, &scope, &assigned)?;
            assigned.push(assignment);
            Ok(())
        })?;
        let filter = self.filter(&scope)?;
        self.refuse_reading_target(&table)?;
        let alias = scope.sources().first().map(|it| quote::name(&it.alias));
        Ok(Write {
            sql: format!(
                "UPDATE {target} SET {} WHERE ({filter}) AND ({})",
                set_clause(&table, &assigned),
                changes_a_value(&alias.unwrap_or_default(), &assigned)
            ),
            count_matched: Some(format!("SELECT count(*) FROM {target} WHERE {filter}")),
            ids_of: None,
            rows: 0,
        })
    }

    /// Parses `column = value` of an `UPDATE`. `assigned` holds the assignments before it.
    fn assignment(
        &mut self,
        table: &Table,
        scope: &Scope,
        assigned: &[(Column, String)],
    ) -> Result<(Column, String)> {
        let is_assigned = |column: &Column| assigned.iter().any(|(it, _)| it == column);
        let name = self.assigned_name(scope)?;
        let column = table.column(&name)?.clone();
        self.expect_other('=')?;
        let value = if self.take_default() {
            default(&column)?
        } else {
            let value = self.expression(scope)?;
            // MySQL reads the new value of a column that an earlier assignment has set; SQLite reads the old one.
            let mut named = value.columns.iter();
            let names_earlier = named.any(|place| {
                let column = table.columns.get(place.column);
                column.is_some_and(is_assigned)
            });
            if names_earlier {
                return refused("UPDATE that reads a column after setting it");
            }
            store(&column, &value)?
        };
        match is_assigned(&column) {
            true => refused("UPDATE that sets a column twice"),
            false => Ok((column, value)),
        }
    }

    fn assigned_name(&mut self, scope: &Scope) -> Result<String> {
        let name = self.name()?;
        let is_table = scope.sources().iter().any(|it| it.alias == name);
        match is_table && self.take_other('.') {
            true => self.name(),
            false => Ok(name),
        }
    }

    /// Parses what follows `DELETE`.
    pub(super) fn delete(&mut self) -> Result<Write> {
        self.expect(&["FROM"])?;
        let (table, scope, target) = self.target()?;
        let filter = self.filter(&scope)?;
        self.refuse_reading_target(&table)?;
        Ok(Write {
            sql: format!("DELETE FROM {target} WHERE {filter}"),
            count_matched: None,
            ids_of: None,
            rows: 0,
        })
    }

    /// Parses the table that is changed. Returns it with its scope and its SQL.
    fn target(&mut self) -> Result<(Table, Scope, String)> {
        let name = self.table_name()?;
        let table = self.context.catalog.table(&name)?;
        let has_as = self.take(&["AS"]);
        let is_alias = match self.kind(0) {
            Some(TokenKind::QuotedName(_)) => true,
            Some(TokenKind::Word(word)) => has_as || !is_reserved(word),
            _ => has_as,
        };
        let alias = match is_alias {
            true => self.name()?,
            false => name.clone(),
        };
        let target = format!("{} AS {}", quote::name(&name), quote::name(&alias));
        let scope = Scope::of_table(alias, table.scope_columns());
        Ok((table, scope, target))
    }

    fn filter(&mut self, scope: &Scope) -> Result<String> {
        match self.take(&["WHERE"]) {
            true => condition(&self.expression(scope)?),
            false => Ok("1".to_owned()),
        }
    }

    fn refuse_reading_target(&self, table: &Table) -> Result<()> {
        match self.tables_read.contains(&table.name) {
            true => refused("a subquery that reads the table being changed"),
            false => Ok(()),
        }
    }
}

/// Refuses a column that the table does not have, or that is named twice.
fn check_names(table: &Table, names: &[String]) -> Result<()> {
    for (index, name) in names.iter().enumerate() {
        table.column(name)?;
        let before = names.get(..index).unwrap_or_default();
        if before.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            let message = format!("Column '{name}' specified twice");
            return Err(ServerError::new(1110, "42000", message));
        }
    }
    Ok(())
}

fn wrong_count(row: usize) -> ServerError {
    let message = format!("Column count doesn't match value count at row {row}");
    ServerError::new(1136, "21S01", message)
}

/// Writes what follows `SET` in an `UPDATE`: the statement's assignments, and the columns with `ON UPDATE
/// CURRENT_TIMESTAMP`.
fn set_clause(table: &Table, assigned: &[(Column, String)]) -> String {
    let set = |column: &Column, value: &str| format!("{} = {value}", quote::name(&column.name));
    let is_assigned = |column: &Column| assigned.iter().any(|(it, _)| it == column);
    let own = assigned.iter().map(|(column, value)| set(column, value));
    let columns = table.columns.iter();
    let touched = columns.filter(|column| column.is_set_on_update && !is_assigned(column));
    let all: Vec<String> = own
        .chain(touched.map(|column| set(column, &now(column))))
        .collect();
    all.join(", ")
}

/// Writes the condition that an `UPDATE` changes a row. MySQL does not count or touch other rows.
fn changes_a_value(alias: &str, assigned: &[(Column, String)]) -> String {
    let changed = assigned.iter().map(|(column, value)| {
        let name = quote::name(&column.name);
        format!("({alias}.{name} COLLATE BINARY) IS NOT ({value})")
    });
    changed.collect::<Vec<String>>().join(" OR ")
}
