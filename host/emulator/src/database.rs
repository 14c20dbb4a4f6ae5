//! The emulator's database: a SQLite file, shared by all connections.
//!
//! Even a temporary database is a file: only with a file does SQLite let connections read while another one writes. In
//! memory, an open transaction would lock out all other connections, which it does not in MySQL.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::StartError;
use super::collation;
use super::execute::Executor;
use super::functions::{self, Facts, Ids};
use super::server_error::ServerError;
use super::sql::{Catalog, Context, Plan, Statement, line_of, plan, split};

/// How long a statement waits for another session's lock before it fails with 1205 (lock wait timeout).
const BUSY_LIMIT: Duration = Duration::from_secs(5);

/// At its first statement, each connection allocates a cache of 20 pages: 26 kB with these, and 87 kB with SQLite's
/// default of 4,096 bytes.
const PAGE_BYTES: u32 = 1_024;

/// The savepoint that replaces a seed's own transaction. The name is one that no seed uses.
const TRANSACTION: &str = "\"rds-bridge: a transaction of the seed\"";

pub(crate) struct Database {
    name: String,
    path: PathBuf,
    /// Keeps one connection open. Without it, SQLite would checkpoint the write-ahead log and delete it each time the
    /// last session ends.
    _kept: Mutex<Connection>,
    /// The next `AUTO_INCREMENT` value of each table.
    next_ids: Arc<Mutex<HashMap<String, i64>>>,
}

/// A connection to the database.
pub(super) struct Connected {
    pub(super) sqlite: Connection,
    /// Set by a comparison of texts whose result the emulator does not know.
    pub(super) is_unknown: Arc<AtomicBool>,
}

impl Database {
    pub(super) fn open(name: String, path: PathBuf) -> Result<Self, StartError> {
        let open = || {
            let connection = open(&path)?;
            // It is stored in a new file; a file that exists keeps its pages.
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
            // Lets connections read while another one writes. The setting is stored in the file.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            Catalog::set_up(&connection)?;
            Ok(connection)
        };
        let kept = Mutex::new(open().map_err(StartError::Database)?);
        Ok(Self {
            name,
            path,
            _kept: kept,
            next_ids: Arc::default(),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn connect(&self) -> rusqlite::Result<Connected> {
        let sqlite = open(&self.path)?;
        let is_unknown = Arc::default();
        collation::add(&sqlite, &is_unknown)?;
        Ok(Connected { sqlite, is_unknown })
    }

    /// The `AUTO_INCREMENT` state of a new session of this database.
    pub(super) fn ids(&self) -> Arc<Ids> {
        Arc::new(Ids::sharing(&self.next_ids))
    }

    /// Executes all statements of these texts, or none of them. Each text comes with the path of its file, if it has
    /// one.
    pub(super) fn seed(&self, texts: &[(Cow<'_, [u8]>, Option<&Path>)]) -> Result<(), StartError> {
        let Connected { sqlite, is_unknown } = self.connect().map_err(StartError::Database)?;
        let (connection, ids) = (sqlite, self.ids());
        let facts = Facts {
            database: self.name.clone(),
            version: String::new(),
            user: "seed@localhost".to_owned(),
            connection_id: 0,
            is_interrupted: Arc::default(),
            ids: Arc::clone(&ids),
        };
        functions::add(&connection, facts).map_err(StartError::Database)?;
        let executor = Executor {
            database: &self.name,
            sqlite: &connection,
            is_unknown: &is_unknown,
            ids: &ids,
            counts_found: false,
        };
        let transaction = connection.unchecked_transaction();
        // If it is dropped before the commit, it is rolled back.
        let transaction = transaction.map_err(StartError::Database)?;
        for (sql, file) in texts {
            self.execute_all(&executor, sql, *file)?;
        }
        transaction.commit().map_err(StartError::Database)
    }

    /// Executes all statements of one text.
    fn execute_all(
        &self,
        executor: &Executor<'_>,
        sql: &[u8],
        file: Option<&Path>,
    ) -> Result<(), StartError> {
        let refused = |line, message| StartError::Seed {
            file: file.map(Path::to_owned),
            line,
            message,
        };
        let statements = split(sql)
            .map_err(|unclosed| refused(line_of(sql, unclosed.at), unclosed.what.to_owned()))?;
        let mut is_begun = false;
        for statement in &statements {
            let executed = self.plan(executor.sqlite, statement);
            let executed = executed.and_then(|plan| execute(executor, &plan, is_begun));
            is_begun = executed.map_err(|error| refused(statement.line, error.message))?;
        }
        Ok(())
    }

    fn plan(&self, sqlite: &Connection, statement: &Statement) -> Result<Plan, ServerError> {
        let context = Context {
            database: &self.name,
            version: "",
            autocommit: true,
            read_only: false,
            settings: &HashMap::new(),
            catalog: &Catalog::new(sqlite, &self.name),
        };
        plan(statement, &context, Some(&[]))
    }
}

/// Executes one statement of a seed. All seeds run in one transaction, so a seed's own transaction is a savepoint in
/// it. `is_begun` says whether that savepoint is open. Returns whether it is open afterwards.
fn execute(executor: &Executor<'_>, plan: &Plan, is_begun: bool) -> Result<bool, ServerError> {
    let begin = format!("SAVEPOINT {TRANSACTION}");
    let commit = format!("RELEASE {TRANSACTION}");
    match plan {
        Plan::Read(query) => {
            executor.run(&query.sql, &[])?;
        }
        Plan::Write(write, _) => {
            executor.write(write, &[])?;
        }
        // As in MySQL, these statements commit the open transaction and run outside of any.
        Plan::CreateTable(_) | Plan::DropTables(_) | Plan::Truncate(_) | Plan::CreateIndex(..) => {
            if is_begun {
                executor.batch(&commit)?;
            }
            executor.define(plan)?;
            return Ok(false);
        }
        // As in MySQL, `BEGIN` commits the open transaction.
        Plan::Begin { .. } => {
            if is_begun {
                executor.batch(&commit)?;
            }
            executor.batch(&begin)?;
            return Ok(true);
        }
        Plan::Commit if is_begun => {
            executor.batch(&commit)?;
            return Ok(false);
        }
        Plan::Rollback if is_begun => {
            executor.batch(&format!("ROLLBACK TO {TRANSACTION}; {commit}"))?;
            return Ok(false);
        }
        Plan::Savepoint(sql) if is_begun => executor.batch(sql)?,
        _ => {}
    }
    Ok(is_begun)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_LIMIT)?;
    // Restricts a client to this database: without attached databases, neither `ATTACH` nor `VACUUM INTO` can open
    // another file.
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn database() -> (TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open("iamtest".to_owned(), folder.path().join("database"));
        (folder, database.unwrap())
    }

    fn seed(database: &Database, sql: &str) {
        let text = (sql.as_bytes().into(), None);
        database.seed(&[text]).unwrap();
    }

    #[test]
    fn connections_share_it_and_others_do_not() {
        let (_folder, database) = database();
        let (_other_folder, other) = self::database();
        seed(
            &database,
            "CREATE TABLE t (a INT); INSERT INTO iamtest.t VALUES (1), (2)",
        );
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM t", (), |row| row.get::<_, u32>(0))
        };
        assert_eq!(count(&database.connect().unwrap().sqlite), Ok(2));
        assert!(count(&other.connect().unwrap().sqlite).is_err());
    }

    #[test]
    fn transactions_of_a_seed() {
        let (_folder, database) = database();
        seed(
            &database,
            "CREATE TABLE t (a INT); COMMIT; BEGIN; INSERT INTO t VALUES (1); \
             BEGIN; INSERT INTO t VALUES (10); ROLLBACK; ROLLBACK; \
             START TRANSACTION; INSERT INTO t VALUES (100); COMMIT; BEGIN; INSERT INTO t VALUES (1000)",
        );
        let connection = database.connect().unwrap().sqlite;
        let sum = connection.query_row("SELECT sum(a) FROM t", (), |row| row.get::<_, u32>(0));
        assert_eq!(sum, Ok(1_101));
    }

    /// This is as in MySQL, and unlike SQLite's databases in memory.
    #[test]
    fn a_transaction_that_is_left_open_keeps_no_reader_out() {
        let (_folder, database) = database();
        seed(&database, "CREATE TABLE t (a INT)");
        let writer = database.connect().unwrap().sqlite;
        writer
            .execute_batch("BEGIN; INSERT INTO t VALUES (1)")
            .unwrap();
        let reader = database.connect().unwrap().sqlite;
        // The read must not wait for the writer.
        reader.busy_timeout(Duration::ZERO).unwrap();
        let count = || reader.query_row("SELECT count(*) FROM t", (), |row| row.get::<_, u32>(0));
        assert_eq!(count(), Ok(0));
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(count(), Ok(1));
    }

    #[test]
    fn a_statement_that_is_refused_is_named_by_its_line() {
        let (_folder, database) = database();
        let refusal = |sql: &str, file| {
            let refused = database.seed(&[(sql.as_bytes().into(), file)]).unwrap_err();
            refused.to_string()
        };
        let error = refusal("SELECT 1;\n\nnonsense", None);
        assert!(
            error.starts_with("the SQL of EmulatorBuilder::seed, line 3: near"),
            "{error}"
        );
        let file = Some(Path::new("schema.sql"));
        assert_eq!(
            refusal("SELECT 1;\nSELECT 'a;\n", file),
            "schema.sql, line 2: a string is not closed"
        );
    }
}
