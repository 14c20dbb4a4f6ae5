//! `SHOW` and `DESCRIBE`: the rows are computed here, and SQLite filters them.

use super::catalog::DefaultValue;
use super::expression::{compare_like, condition, refused};
use super::kind::Kind;
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::plan::Query;
use super::scope::{Scope, ScopeColumn};
use super::{quote, variables};

/// Rows, before `LIKE` or `WHERE` filters them.
struct Rows {
    /// The names of the columns. `LIKE` applies to the first one.
    names: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
}

impl Parser<'_> {
    /// Parses what follows `SHOW`.
    pub(super) fn show(&mut self) -> Result<Query> {
        let is_full = self.take(&["FULL"]);
        let _has_scope = self.take(&["SESSION"]) || self.take(&["GLOBAL"]) || self.take(&["LOCAL"]);
        if self.take(&["TABLES"]) {
            self.of_database()?;
            let database = self.context.database;
            let mut names = vec![self.name_with_pattern(&format!("Tables_in_{database}"))];
            let tables = self.context.catalog.names()?.into_iter();
            let mut rows: Vec<_> = tables.map(|name| vec![Some(name)]).collect();
            if is_full {
                names.push("Table_type".to_owned());
                for row in &mut rows {
                    row.push(Some("BASE TABLE".to_owned()));
                }
            }
            return self.filtered(&Rows { names, rows });
        }
        if self.take(&["DATABASES"]) || self.take(&["SCHEMAS"]) {
            return self.filtered(&Rows {
                names: vec![self.name_with_pattern("Database")],
                rows: vec![vec![Some(self.context.database.to_owned())]],
            });
        }
        if self.take(&["VARIABLES"]) {
            return self.show_variables();
        }
        if self.take(&["COLUMNS"]) || self.take(&["FIELDS"]) {
            if !self.take(&["FROM"]) {
                self.expect(&["IN"])?;
            }
            let table = self.table_name()?;
            self.of_database()?;
            return self.columns(&table, is_full);
        }
        if self.take(&["WARNINGS"]) || self.take(&["ERRORS"]) {
            let names = ["Level", "Code", "Message"];
            return self.filtered(&Rows {
                names: names.map(str::to_owned).to_vec(),
                rows: Vec::new(),
            });
        }
        let what = self.next_word()?.to_ascii_uppercase();
        refused(format!("SHOW {what}"))
    }

    /// Parses `FROM iamtest`, and refuses any other database.
    fn of_database(&mut self) -> Result<()> {
        if !self.take(&["FROM"]) && !self.take(&["IN"]) {
            return Ok(());
        }
        let name = self.name()?;
        match name == self.context.database {
            true => Ok(()),
            false => refused(format!("the database '{name}'")),
        }
    }

    /// Parses what follows `DESCRIBE`.
    pub(super) fn describe(&mut self) -> Result<Query> {
        let table = self.table_name()?;
        match self.kind(0) {
            None => self.columns(&table, false),
            Some(_) => refused("DESCRIBE with one column, or with a statement"),
        }
    }

    fn columns(&mut self, table: &str, is_full: bool) -> Result<Query> {
        let table = self.context.catalog.table(table)?;
        let names: &[&str] = match is_full {
            true => &[
                "Field",
                "Type",
                "Collation",
                "Null",
                "Key",
                "Default",
                "Extra",
                "Privileges",
                "Comment",
            ],
            false => &["Field", "Type", "Null", "Key", "Default", "Extra"],
        };
        let mut rows = Vec::new();
        for column in &table.columns {
            let null = if column.is_nullable { "YES" } else { "NO" };
            let default = match &column.default {
                DefaultValue::None => None,
                DefaultValue::Literal(text) => Some(text.clone()),
                DefaultValue::Now => Some(match column.declared.split_once('(') {
                    Some((_, digits)) => format!("CURRENT_TIMESTAMP({digits}"),
                    None => "CURRENT_TIMESTAMP".to_owned(),
                }),
            };
            let mut row = vec![Some(column.name.clone()), Some(column.declared.clone())];
            if is_full {
                row.push(column.collation.clone());
            }
            row.extend([
                Some(null.to_owned()),
                Some(column.key.clone()),
                default,
                Some(column.extra()),
            ]);
            if is_full {
                row.push(Some("select,insert,update,references".to_owned()));
                row.push(Some(String::new()));
            }
            rows.push(row);
        }
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        self.filtered(&Rows { names, rows })
    }

    fn show_variables(&mut self) -> Result<Query> {
        let start = self.position();
        match self.like_pattern() {
            Some(pattern) if variables::can_list(&pattern) => {}
            Some(pattern) => return refused(format!("SHOW VARIABLES LIKE '{pattern}'")),
            None if self.take(&["WHERE"]) => {
                // MySQL may have variables that the emulator does not know, so the condition may name only known ones.
                while let Some(token) = self.next() {
                    if let TokenKind::Text(text) = token {
                        let text = String::from_utf8_lossy(&text).to_lowercase();
                        let is_name = variables::value(&text, self.context).is_some();
                        if !is_name && !variables::can_list(&text) {
                            return refused(format!("SHOW VARIABLES for '{text}'"));
                        }
                    }
                }
                self.go_to(start);
            }
            None => return refused("SHOW VARIABLES without LIKE or WHERE"),
        }
        let rows = variables::NAMES.iter().map(|name| {
            let value = variables::shown(name, self.context);
            vec![Some((*name).to_owned()), value]
        });
        let rows = rows.collect();
        let names = ["Variable_name", "Value"].map(str::to_owned).to_vec();
        self.filtered(&Rows { names, rows })
    }

    /// The pattern, if a `LIKE` follows.
    fn like_pattern(&self) -> Option<String> {
        match (self.is_word(0, "LIKE"), self.kind(1)) {
            (true, Some(TokenKind::Text(text))) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        }
    }

    /// The name of the first column, to which MySQL appends the pattern.
    fn name_with_pattern(&self, name: &str) -> String {
        match self.like_pattern() {
            Some(pattern) => format!("{name} ({pattern})"),
            None => name.to_owned(),
        }
    }

    /// Parses `LIKE` or `WHERE`, and makes the query that filters the rows.
    fn filtered(&mut self, rows: &Rows) -> Result<Query> {
        let columns = rows.columns();
        let filter = self.filter_of_shown(&columns)?;
        let (values, none) = match rows.rows.is_empty() {
            // `VALUES` needs at least one row.
            true => (row_of_values(&vec![None; rows.names.len()]), " AND 0"),
            false => (rows.values(), ""),
        };
        Ok(Query {
            sql: format!(
                "WITH \"shown\" ({}) AS (VALUES {values}) SELECT * FROM \"shown\" WHERE {filter}{none}",
                quote::names(&rows.names)
            ),
            columns: columns
                .into_iter()
                .map(|column| (column.name, column.declared))
                .collect(),
            parameters: self.parameter_count(),
        })
    }

    /// Parses the condition: a `LIKE` for the first column, or a `WHERE`.
    fn filter_of_shown(&mut self, columns: &[ScopeColumn]) -> Result<String> {
        if self.take(&["LIKE"]) {
            let pattern = self.expression(&Scope::default())?;
            let first = columns.first().map_or("", |column| &column.name);
            return compare_like(&format!("\"shown\".{}", quote::name(first)), &pattern);
        }
        if self.take(&["WHERE"]) {
            let scope = Scope::of_table("shown".to_owned(), columns.to_vec());
            return condition(&self.expression(&scope)?);
        }
        Ok("1".to_owned())
    }
}

impl Rows {
    fn columns(&self) -> Vec<ScopeColumn> {
        let column = |name: &String| {
            let kind = match name.as_str() {
                // The code of a warning.
                "Code" => Kind::Unsigned,
                _ => Kind::TEXT,
            };
            ScopeColumn {
                name: name.clone(),
                declared: kind.declaration(),
                kind,
                is_key: false,
            }
        };
        self.names.iter().map(column).collect()
    }

    /// The rows for `VALUES`.
    fn values(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(|row| row_of_values(row)).collect();
        rows.join(", ")
    }
}

fn row_of_values(row: &[Option<String>]) -> String {
    let values = row.iter().map(|value| match value {
        Some(value) => quote::text(value),
        None => "NULL".to_owned(),
    });
    format!("({})", values.collect::<Vec<String>>().join(", "))
}
