//! Functions of MySQL's that SQLite does not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, Error, Result, ffi};
use time::OffsetDateTime;

/// What they tell of the session.
pub(super) struct Facts {
    pub(super) database: String,
    pub(super) version: String,
    /// `user@host`
    pub(super) user: String,
    pub(super) connection_id: u32,
    pub(super) is_interrupted: Arc<AtomicBool>,
}

pub(super) fn add(connection: &Connection, facts: Facts) -> Result<()> {
    let Facts {
        database,
        version,
        user,
        connection_id,
        is_interrupted,
    } = facts;
    let constants = [
        ("database", Value::from(database.clone())),
        ("schema", Value::from(database)),
        ("version", Value::from(version)),
        ("user", Value::from(user.clone())),
        ("current_user", Value::from(user.clone())),
        ("session_user", Value::from(user)),
        ("connection_id", Value::from(connection_id)),
    ];
    for (name, value) in constants {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function(name, 0, flags, move |_| Ok(value.clone()))?;
    }
    type Part = fn(OffsetDateTime) -> Value;
    let clocks: [(&str, Part); 6] = [
        ("now", |now| date_time(now).into()),
        ("sysdate", |now| date_time(now).into()),
        ("utc_timestamp", |now| date_time(now).into()),
        ("curdate", |now| date(now).into()),
        ("curtime", |now| clock(now).into()),
        ("unix_timestamp", |now| now.unix_timestamp().into()),
    ];
    for (name, part) in clocks {
        connection.create_scalar_function(name, 0, FunctionFlags::SQLITE_UTF8, move |_| {
            Ok(part(OffsetDateTime::now_utc()))
        })?;
    }
    connection.create_scalar_function("sleep", 1, FunctionFlags::SQLITE_UTF8, move |context| {
        let seconds = context.get::<f64>(0)?;
        let asked = Duration::try_from_secs_f64(seconds)
            .map_err(|error| Error::UserFunctionError(error.into()))?;
        sleep_for(asked, &is_interrupted)
    })
}

/// 0, or the error of a statement that was interrupted. (MySQL's gives 1 if a statement does nothing else:
/// here it would depend on whether SQLite or this function hears of it first.)
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

fn date(now: OffsetDateTime) -> String {
    let (year, month, day) = now.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

fn clock(now: OffsetDateTime) -> String {
    let (hour, minute, second) = now.to_hms();
    format!("{hour:02}:{minute:02}:{second:02}")
}

fn date_time(now: OffsetDateTime) -> String {
    format!("{} {}", date(now), clock(now))
}
