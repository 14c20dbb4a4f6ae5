//! The catalog: the parts of a `CREATE TABLE` that SQLite does not store.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::kind::Kind;
use super::parser::Result;
use super::scope::ScopeColumn;
use crate::server_error::ServerError;

/// The SQLite table that stores the catalog, with a row for each column. Clients cannot access it.
const TABLE: &str = "rds_bridge_columns";

/// The value of a column that an `INSERT` does not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DefaultValue {
    /// NULL, or an error if the column is `NOT NULL`.
    None,
    Literal(String),
    Now,
}

/// A column as it was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(super) name: String,
    /// The type in the form that `DESCRIBE` shows.
    pub(super) declared: String,
    pub(super) collation: Option<String>,
    pub(super) is_nullable: bool,
    /// `PRI`, `UNI`, `MUL` or empty.
    pub(super) key: String,
    pub(super) default: DefaultValue,
    /// Whether it is the `AUTO_INCREMENT` column.
    pub(super) has_ids: bool,
    /// Whether it has `ON UPDATE CURRENT_TIMESTAMP`.
    pub(super) is_set_on_update: bool,
}

impl Column {
    pub(super) fn kind(&self) -> Kind {
        Kind::of_declaration(&self.declared, self.collation.as_deref())
    }

    /// The column `Extra` of `DESCRIBE`.
    pub(super) fn extra(&self) -> String {
        let mut extra = Vec::new();
        if self.has_ids {
            extra.push("auto_increment");
        }
        if self.default == DefaultValue::Now {
            extra.push("DEFAULT_GENERATED");
        }
        if self.is_set_on_update {
            extra.push("on update CURRENT_TIMESTAMP");
        }
        extra.join(" ")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(super) columns: Vec<Column>,
}

impl Table {
    pub(super) fn scope_columns(&self) -> Vec<ScopeColumn> {
        let keys = self.columns.iter().filter(|column| column.key == "PRI");
        let has_one_key = keys.count() == 1;
        let columns = self.columns.iter().map(|column| ScopeColumn {
            name: column.name.clone(),
            kind: column.kind(),
            declared: Some(column.declared.clone()),
            is_key: has_one_key && column.key == "PRI",
        });
        columns.collect()
    }

    pub(super) fn column(&self, name: &str) -> Result<&Column> {
        let mut columns = self.columns.iter();
        columns
            .find(|column| column.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| ServerError::unknown_column(name))
    }

    /// The `AUTO_INCREMENT` column.
    pub(super) fn id(&self) -> Option<&Column> {
        self.columns.iter().find(|column| column.has_ids)
    }
}

/// Access to the catalog through a connection.
pub(crate) struct Catalog<'a> {
    connection: &'a Connection,
    database: &'a str,
}

impl<'a> Catalog<'a> {
    pub(crate) fn new(connection: &'a Connection, database: &'a str) -> Self {
        Self {
            connection,
            database,
        }
    }

    /// Creates the catalog's table, unless it exists.
    pub(crate) fn set_up(connection: &Connection) -> rusqlite::Result<()> {
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {TABLE} (table_name TEXT NOT NULL, position INTEGER NOT NULL, \
             name TEXT NOT NULL, declared TEXT NOT NULL, collation TEXT, is_nullable INTEGER NOT NULL, \
             key TEXT NOT NULL, default_kind TEXT NOT NULL, default_value TEXT, has_ids INTEGER NOT NULL, \
             is_set_on_update INTEGER NOT NULL, PRIMARY KEY (table_name, position))"
        ))
    }

    fn refused(&self, error: &rusqlite::Error) -> ServerError {
        ServerError::of_sqlite(error, self.database)
    }

    /// The names of all tables, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let read = || {
            let sql = format!("SELECT DISTINCT table_name FROM {TABLE} ORDER BY 1");
            let mut statement = self.connection.prepare(&sql)?;
            let names = statement.query_map((), |row| row.get(0))?;
            names.collect::<rusqlite::Result<Vec<String>>>()
        };
        read().map_err(|error| self.refused(&error))
    }

    /// The table of this name, which is case-sensitive as on RDS.
    pub(super) fn table(&self, name: &str) -> Result<Table> {
        let read = || {
            let sql = format!(
                "SELECT name, declared, collation, is_nullable, key, default_kind, default_value, \
                 has_ids, is_set_on_update FROM {TABLE} WHERE table_name = ? ORDER BY position"
            );
            let mut statement = self.connection.prepare(&sql)?;
            let columns = statement.query_map([name], column)?;
            columns.collect::<rusqlite::Result<Vec<Column>>>()
        };
        let columns = read().map_err(|error| self.refused(&error))?;
        if columns.is_empty() {
            return Err(ServerError::no_such_table(self.database, name));
        }
        Ok(Table {
            name: name.to_owned(),
            columns,
        })
    }

    pub(super) fn has(&self, name: &str) -> Result<bool> {
        let sql = format!("SELECT 1 FROM {TABLE} WHERE table_name = ?");
        let found = self.connection.query_row(&sql, [name], |_| Ok(()));
        let found = found.optional().map_err(|error| self.refused(&error))?;
        Ok(found.is_some())
    }

    /// Adds a new table to the catalog.
    pub(crate) fn add(&self, table: &Table) -> Result<()> {
        let add = || {
            let sql = format!("INSERT INTO {TABLE} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
            let mut statement = self.connection.prepare(&sql)?;
            for (position, column) in table.columns.iter().enumerate() {
                let (kind, value) = match &column.default {
                    DefaultValue::None => ("none", None),
                    DefaultValue::Literal(text) => ("literal", Some(text)),
                    DefaultValue::Now => ("now", None),
                };
                statement.execute(params![
                    table.name,
                    i64::try_from(position).unwrap_or(i64::MAX),
                    column.name,
                    column.declared,
                    column.collation,
                    column.is_nullable,
                    column.key,
                    kind,
                    value,
                    column.has_ids,
                    column.is_set_on_update,
                ])?;
            }
            Ok(())
        };
        add().map_err(|error: rusqlite::Error| self.refused(&error))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let sql = format!("DELETE FROM {TABLE} WHERE table_name = ?");
        let removed = self.connection.execute(&sql, [name]);
        removed.map(|_| ()).map_err(|error| self.refused(&error))
    }

    /// Adds an index that is not unique. It changes what `DESCRIBE` shows, and nothing else.
    pub(crate) fn add_index(&self, table: &str, column: &str) -> Result<()> {
        let sql = format!(
            "UPDATE {TABLE} SET key = 'MUL' WHERE table_name = ? AND name = ? AND key = ''"
        );
        let changed = self.connection.execute(&sql, [table, column]);
        changed.map(|_| ()).map_err(|error| self.refused(&error))
    }
}

fn column(row: &Row<'_>) -> rusqlite::Result<Column> {
    let default = match row.get_ref("default_kind")?.as_str()? {
        "literal" => DefaultValue::Literal(row.get("default_value")?),
        "now" => DefaultValue::Now,
        _ => DefaultValue::None,
    };
    Ok(Column {
        name: row.get("name")?,
        declared: row.get("declared")?,
        collation: row.get("collation")?,
        is_nullable: row.get("is_nullable")?,
        key: row.get("key")?,
        default,
        has_ids: row.get("has_ids")?,
        is_set_on_update: row.get("is_set_on_update")?,
    })
}
