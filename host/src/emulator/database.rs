//! The database behind the emulator: SQLite, in memory or in a file, shared by all connections.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StartError;
use super::listener::lock;
use super::server_error::ServerError;
use super::sql::{Context, Plan, plan, split};

/// As long as MySQL's clients are willing to wait for a lock, and no longer.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

/// Where SQLite finds it.
pub(crate) struct Database {
    name: String,
    at: At,
    /// A database in memory goes with its last connection.
    kept: Mutex<Connection>,
}

enum At {
    Memory(String),
    File(PathBuf),
}

impl At {
    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::Memory(uri) => {
                Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
            }
            Self::File(path) => {
                let connection = Connection::open_with_flags(path, flags)?;
                // Readers and a writer at once.
                connection.pragma_update(None, "journal_mode", "WAL")?;
                connection
            }
        };
        connection.busy_timeout(BUSY_LIMIT)?;
        Ok(connection)
    }
}

impl Database {
    pub(super) fn open(name: String, file: Option<&Path>) -> Result<Self, StartError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let at = match file {
            Some(path) => At::File(path.to_owned()),
            None => {
                // Databases of this VFS are shared within the process, by their name.
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                At::Memory(format!("file:/rds-bridge-emulator-{number}?vfs=memdb"))
            }
        };
        let kept = Mutex::new(at.open().map_err(StartError::Database)?);
        Ok(Self { name, at, kept })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn connect(&self) -> rusqlite::Result<Connection> {
        self.at.open()
    }

    /// Executes all statements of a text.
    pub(super) fn seed(&self, sql: &[u8]) -> Result<(), StartError> {
        let statements = split(sql).map_err(|unclosed| StartError::Seed {
            number: 1,
            line: 1,
            message: unclosed.0.to_owned(),
        })?;
        let context = Context {
            database: &self.name,
            version: "",
            autocommit: true,
            read_only: false,
        };
        let connection = lock(&self.kept);
        for (statement, number) in statements.iter().zip(1..) {
            let executed = plan(statement, &context).and_then(|plan| match plan {
                Plan::Execute(sql) => self.execute(&connection, &sql),
                Plan::Begin { .. } => self.execute(&connection, "BEGIN"),
                Plan::Commit => self.execute(&connection, "COMMIT"),
                Plan::Rollback => self.execute(&connection, "ROLLBACK"),
                _ => Ok(()),
            });
            executed.map_err(|error| StartError::Seed {
                number,
                line: statement.line,
                message: error.message,
            })?;
        }
        if !connection.is_autocommit() {
            self.execute(&connection, "COMMIT")
                .map_err(|error| StartError::Seed {
                    number: statements.len(),
                    line: statements.last().map_or(1, |it| it.line),
                    message: error.message,
                })?;
        }
        Ok(())
    }

    fn execute(&self, connection: &Connection, sql: &str) -> Result<(), ServerError> {
        let refused = |error| ServerError::of_sqlite(&error, &self.name);
        let mut statement = connection.prepare(sql).map_err(refused)?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(refused)?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Database {
        Database::open("iamtest".to_owned(), None).unwrap()
    }

    #[test]
    fn connections_share_it_and_others_do_not() {
        let database = open();
        database
            .seed(b"CREATE TABLE t (a INT); INSERT INTO iamtest.t VALUES (1), (2)")
            .unwrap();
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM t", (), |row| row.get::<_, u32>(0))
        };
        assert_eq!(count(&database.connect().unwrap()), Ok(2));
        assert!(count(&open().connect().unwrap()).is_err());
    }

    #[test]
    fn a_statement_that_is_refused_is_named_by_its_line() {
        let error = open()
            .seed(b"CREATE TABLE t (a INT);\n\nnonsense")
            .unwrap_err();
        let StartError::Seed { number, line, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((number, line), (2, 3));
        assert!(open().seed(b"SELECT 'a").is_err());
    }
}
