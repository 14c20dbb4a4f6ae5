//! Statements that change something. Each is executed completely or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rusqlite::types::Value;

use super::functions::Ids;
use super::server_error::ServerError;
use super::sql::{Catalog, NewTable, Plan, Write, quoted_name};

/// The result of a statement that changes rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) affected_rows: u64,
    pub(super) last_insert_id: u64,
}

/// The parts of a session that a statement needs.
pub(super) struct Executor<'a> {
    pub(super) database: &'a str,
    pub(super) sqlite: &'a Connection,
    pub(super) is_unknown: &'a AtomicBool,
    pub(super) ids: &'a Arc<Ids>,
    /// `CLIENT_FOUND_ROWS`: the affected rows of an `UPDATE` are those that it matches, not those that it changes.
    pub(super) counts_found: bool,
}

impl Executor<'_> {
    pub(super) fn write(&self, write: &Write, values: &[Value]) -> Result<Changed, ServerError> {
        self.atomically(|| {
            let found = match &write.count_matched {
                Some(sql) => Some(self.count(sql, values)?),
                None => None,
            };
            if let Some((table, column)) = &write.ids_of {
                let first = || self.first_id(table, column);
                let begun = self.ids.begin(table, first);
                begun.map_err(|error| self.refused(&error))?;
            }
            let done = self.run(&write.sql, values);
            let reported_id = match write.ids_of {
                Some(_) => self.ids.end(write.rows, done.is_ok()),
                None => 0,
            };
            let changed = done?;
            let affected_rows = match found {
                Some(found) if self.counts_found => found,
                _ => changed,
            };
            Ok(Changed {
                affected_rows,
                last_insert_id: u64::try_from(reported_id).unwrap_or(0),
            })
        })
    }

    /// Executes `CREATE TABLE`, `DROP TABLE`, `TRUNCATE` or `CREATE INDEX`.
    pub(super) fn define(&self, plan: &Plan) -> Result<(), ServerError> {
        let catalog = Catalog::new(self.sqlite, self.database);
        self.atomically(|| {
            match plan {
                Plan::CreateTable(table) => self.create_table(&catalog, table)?,
                Plan::DropTables(names) => {
                    for name in names {
                        self.run(&format!("DROP TABLE {}", quoted_name(name)), &[])?;
                        catalog.remove(name)?;
                        self.ids.forget(name, None);
                    }
                }
                Plan::Truncate(name) => {
                    self.run(&format!("DELETE FROM {}", quoted_name(name)), &[])?;
                    self.ids.forget(name, Some(1));
                }
                Plan::CreateIndex(table, column) => catalog.add_index(table, column)?,
                _ => {}
            }
            Ok(())
        })
    }

    fn create_table(&self, catalog: &Catalog<'_>, table: &NewTable) -> Result<(), ServerError> {
        self.run(&table.sql, &[])?;
        catalog.add(&table.table)?;
        let first = table.first_id.unwrap_or(1);
        self.ids.forget(&table.table.name, Some(first));
        Ok(())
    }

    /// Runs `act` atomically: in a savepoint of the open transaction, or else in a new transaction.
    fn atomically<T>(
        &self,
        act: impl FnOnce() -> Result<T, ServerError>,
    ) -> Result<T, ServerError> {
        const SAVEPOINT: &str = "\"rds-bridge: a statement\"";
        let is_alone = self.sqlite.is_autocommit();
        let (begin, done, undone) = match is_alone {
            true => (
                "BEGIN IMMEDIATE".to_owned(),
                "COMMIT".to_owned(),
                "ROLLBACK".to_owned(),
            ),
            false => (
                format!("SAVEPOINT {SAVEPOINT}"),
                format!("RELEASE {SAVEPOINT}"),
                format!("ROLLBACK TO {SAVEPOINT}; RELEASE {SAVEPOINT}"),
            ),
        };
        self.batch(&begin)?;
        self.is_unknown.store(false, Ordering::SeqCst);
        let acted = act().and_then(|acted| match self.is_unknown.load(Ordering::SeqCst) {
            true => Err(ServerError::unknown_comparison()),
            false => Ok(acted),
        });
        let ended = acted.and_then(|acted| self.batch(&done).map(|()| acted));
        if ended.is_err() && self.sqlite.is_autocommit() != is_alone {
            // On some errors, SQLite rolls back the transaction itself.
            let _ended = self.sqlite.execute_batch(&undone);
        } else if ended.is_err() && !is_alone {
            let _undone = self.sqlite.execute_batch(&undone);
        }
        ended
    }

    fn first_id(&self, table: &str, column: &str) -> rusqlite::Result<i64> {
        let sql = format!(
            "SELECT coalesce(max({}), 0) + 1 FROM {}",
            quoted_name(column),
            quoted_name(table)
        );
        self.sqlite.query_row(&sql, (), |row| row.get(0))
    }

    fn count(&self, sql: &str, values: &[Value]) -> Result<u64, ServerError> {
        let count = || {
            let mut statement = self.sqlite.prepare(sql)?;
            bind(&mut statement, values)?;
            let mut rows = statement.raw_query();
            let count: i64 = match rows.next()? {
                Some(row) => row.get(0)?,
                None => 0,
            };
            Ok(u64::try_from(count).unwrap_or(0))
        };
        count().map_err(|error| self.refused(&error))
    }

    /// Executes a statement. Returns how many rows it has changed.
    pub(super) fn run(&self, sql: &str, values: &[Value]) -> Result<u64, ServerError> {
        let run = || {
            let mut statement = self.sqlite.prepare(sql)?;
            bind(&mut statement, values)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(self.sqlite.changes())
        };
        run().map_err(|error| self.refused(&error))
    }

    pub(super) fn batch(&self, sql: &str) -> Result<(), ServerError> {
        let done = self.sqlite.execute_batch(sql);
        done.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &rusqlite::Error) -> ServerError {
        ServerError::of_sqlite(error, self.database)
    }
}

/// Binds as many values as the statement has parameters. A value that has become a literal has no parameter.
pub(super) fn bind(
    statement: &mut rusqlite::Statement<'_>,
    values: &[Value],
) -> rusqlite::Result<()> {
    let count = statement.parameter_count();
    for (index, value) in (1..=count).zip(values) {
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}
