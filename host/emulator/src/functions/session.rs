//! SQL functions that return properties of the session, and the values of `AUTO_INCREMENT`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, Error, Result, ffi};

use super::not_emulated;
use crate::lock::lock;

/// The properties of a session that the functions return or depend on.
pub(crate) struct Facts {
    pub(crate) database: String,
    pub(crate) version: String,
    /// `user@host`
    pub(crate) user: String,
    pub(crate) connection_id: u32,
    pub(crate) is_interrupted: Arc<AtomicBool>,
    pub(crate) ids: Arc<Ids>,
}

/// The values that `AUTO_INCREMENT` generates. As with InnoDB, a value is generated once only, even if its row is
/// rolled back.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// The next value of each table. All sessions share it.
    next: Arc<Mutex<HashMap<String, i64>>>,
    statement: Mutex<StatementIds>,
    /// `LAST_INSERT_ID()`
    pub(crate) last: AtomicI64,
    /// `ROW_COUNT()`
    pub(crate) row_count: AtomicI64,
}

const MIXED_VALUES: &str = "an INSERT that gives the AUTO_INCREMENT value only in some rows";

/// The values of one statement.
#[derive(Debug, Default)]
struct StatementIds {
    table: String,
    /// The first generated value.
    first_generated: Option<i64>,
    /// The last value that the statement states.
    last_explicit: Option<i64>,
}

impl Ids {
    /// The state of a new session, which shares `next` with the other sessions of the database.
    pub(crate) fn sharing(next: &Arc<Mutex<HashMap<String, i64>>>) -> Self {
        Self {
            next: Arc::clone(next),
            ..Self::default()
        }
    }

    /// Begins an `INSERT`. `first` returns the table's next value if it is not known yet.
    pub(crate) fn begin(&self, table: &str, first: impl FnOnce() -> Result<i64>) -> Result<()> {
        let is_known = lock(&self.next).contains_key(table);
        if !is_known {
            let first = first()?;
            lock(&self.next).entry(table.to_owned()).or_insert(first);
        }
        *lock(&self.statement) = StatementIds {
            table: table.to_owned(),
            ..StatementIds::default()
        };
        Ok(())
    }

    /// Ends an `INSERT` of `rows` rows, executed or refused. Returns the id that the client receives.
    pub(crate) fn end(&self, rows: u64, is_done: bool) -> i64 {
        let statement = std::mem::take(&mut *lock(&self.statement));
        if let Some(first) = statement.first_generated {
            // InnoDB reserves the values of all rows before it inserts the first one.
            let rows = i64::try_from(rows).unwrap_or(0);
            let mut next = lock(&self.next);
            let next = next.entry(statement.table).or_insert(1);
            *next = (*next).max(first.saturating_add(rows));
            if is_done {
                self.last.store(first, Ordering::SeqCst);
            }
        }
        let reported = statement.first_generated.or(statement.last_explicit);
        reported.filter(|_| is_done).unwrap_or(0)
    }

    /// Sets the next value of a table that was created or truncated, or removes that of a table that was dropped.
    pub(crate) fn forget(&self, table: &str, first: Option<i64>) {
        let mut next = lock(&self.next);
        match first {
            Some(first) => next.insert(table.to_owned(), first),
            None => next.remove(table),
        };
    }

    /// Returns the id of a row: the one that the statement states or, for NULL and 0, a generated one.
    fn id(&self, explicit: Option<i64>) -> Result<i64> {
        let mut statement = lock(&self.statement);
        let mut next = lock(&self.next);
        let next = next.entry(statement.table.clone()).or_insert(1);
        match explicit {
            None | Some(0) => {
                if statement.last_explicit.is_some() {
                    return not_emulated(MIXED_VALUES);
                }
                let given = *next;
                *next = given.saturating_add(1);
                statement.first_generated.get_or_insert(given);
                Ok(given)
            }
            Some(explicit) => {
                if statement.first_generated.is_some() {
                    return not_emulated(MIXED_VALUES);
                }
                *next = (*next).max(explicit.saturating_add(1));
                statement.last_explicit = Some(explicit);
                Ok(explicit)
            }
        }
    }
}

pub(super) fn add(connection: &Connection, facts: Facts) -> Result<()> {
    let Facts {
        database,
        version,
        user,
        connection_id,
        is_interrupted,
        ids,
    } = facts;
    let constants = [
        ("database", Value::from(database)),
        ("version", Value::from(version)),
        ("user", Value::from(user.clone())),
        ("current_user", Value::from(user)),
        ("connection_id", Value::from(connection_id)),
    ];
    for (name, value) in constants {
        connection.create_scalar_function(name, 0, super::PURE, move |_| Ok(value.clone()))?;
    }
    let flags = FunctionFlags::SQLITE_UTF8;
    let of_session = Arc::clone(&ids);
    connection.create_scalar_function("last_insert_id", 0, flags, move |_| {
        Ok(of_session.last.load(Ordering::SeqCst))
    })?;
    let of_session = Arc::clone(&ids);
    connection.create_scalar_function("row_count", 0, flags, move |_| {
        Ok(of_session.row_count.load(Ordering::SeqCst))
    })?;
    connection
        .create_scalar_function("rds_id", 1, flags, move |context| ids.id(context.get(0)?))?;
    connection.create_scalar_function("sleep", 1, flags, move |context| {
        let seconds = context.get::<f64>(0)?;
        let asked = Duration::try_from_secs_f64(seconds)
            .map_err(|error| Error::UserFunctionError(error.into()))?;
        sleep_for(asked, &is_interrupted)
    })
}

/// Sleeps, and returns 0, or the error of an interrupted statement. (MySQL returns 1 if the statement does nothing
/// else. Here, that would depend on whether SQLite or this function notices the interruption first.)
fn sleep_for(asked: Duration, is_interrupted: &AtomicBool) -> Result<i64> {
    const STEP: Duration = Duration::from_millis(10);
    let mut left = asked;
    while !left.is_zero() {
        if is_interrupted.load(Ordering::SeqCst) {
            let interrupted = ffi::Error::new(ffi::SQLITE_INTERRUPT);
            return Err(Error::SqliteFailure(interrupted, None));
        }
        sleep(left.min(STEP));
        left = left.saturating_sub(STEP);
    }
    Ok(0)
}
