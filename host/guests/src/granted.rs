//! A grant, prepared for looking statements up and for counting what its guests use.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rds_bridge::mysql::{Escapes, placeholders};
use rds_bridge::pool::Pool;
use rds_bridge_access::{Access, Grant, LexError, Lexed, Statement, Statements, Templates};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bindings::rds::mysql::types::{Error as GuestError, Rule};
use crate::databases::Databases;
use crate::tenant_error::TenantError;

/// What the guests of a tenant may do with one database.
pub(crate) struct Granted {
    pub(crate) database: String,
    pub(crate) pool: Pool,
    pub(crate) access: Access,
    pub(crate) max_rows: u64,
    pub(crate) max_bytes: u64,
    /// How long a statement may be executed.
    pub(crate) time: Option<Duration>,
    named: HashMap<String, Named>,
    /// `None` allows any SQL.
    templates: Option<Listed>,
    sessions: Option<Arc<Semaphore>>,
    requests: Option<Arc<Semaphore>>,
    rate: Option<DefaultDirectRateLimiter>,
}

/// The statements that a guest may write.
#[derive(Default)]
struct Listed {
    allowed: Templates,
    /// Those that write, of a grant that only reads.
    writing: Templates,
}

/// A statement with a name.
struct Named {
    /// With question marks in place of names.
    sql: String,
    access: Access,
}

/// A place among the connections, or the requests, that a grant allows at the same time. `None` is no limit.
pub(crate) type Place = Option<OwnedSemaphorePermit>;

impl Granted {
    pub(super) fn new(grant: &Grant, databases: &Databases) -> Result<Self, TenantError> {
        let database = grant.database.clone();
        let Some(pool) = databases.pools.get(&database) else {
            return Err(TenantError::UnknownDatabase(database));
        };
        if grant.user.is_some() {
            return Err(TenantError::User(database));
        }
        let limits = grant.limits();
        let statements = granted(&grant.statements, databases)?;
        let templates = match grant.statements {
            Statements::Any => None,
            Statements::Named(_) => Some(Listed::new(&statements, grant.access)?),
        };
        let named = |(name, statement): (String, Statement)| {
            let named = Named {
                sql: by_position(&statement.sql),
                access: statement.access,
            };
            (name, named)
        };
        let semaphore = |limit: u32| {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS)))
        };
        Ok(Self {
            database,
            pool: pool.clone(),
            access: grant.access,
            max_rows: limits.max_rows.map_or(u64::MAX, Into::into),
            max_bytes: limits.max_bytes.map_or(u64::MAX, Into::into),
            time: limits.max_seconds.map(seconds),
            named: statements.into_iter().map(named).collect(),
            templates,
            sessions: limits.max_sessions.map(semaphore),
            requests: limits.max_concurrent_requests.map(|it| semaphore(it.get())),
            rate: limits
                .requests_per_second
                .map(|it| RateLimiter::direct(Quota::per_second(it))),
        })
    }

    /// A place among its connections.
    ///
    /// # Errors
    ///
    /// [`Rule::Connections`].
    pub(crate) fn session(&self) -> Result<Place, GuestError> {
        enter(self.sessions.as_ref())
    }

    /// A place among the statements that are executed at the same time. Counts the statement.
    ///
    /// # Errors
    ///
    /// [`Rule::Connections`], [`Rule::Rate`].
    pub(crate) fn request(&self) -> Result<Place, GuestError> {
        // First the place: a statement that gets none does not count for the second.
        let place = enter(self.requests.as_ref())?;
        match &self.rate {
            Some(rate) if rate.check().is_err() => Err(GuestError::NotPermitted(Rule::Rate)),
            _ => Ok(place),
        }
    }

    /// Whether a guest may execute a statement that it has written. `escapes` says whether a backslash escapes in a
    /// string of its session.
    ///
    /// # Errors
    ///
    /// [`Rule::Statement`], [`Rule::Write`].
    pub(crate) fn allows(&self, sql: &str, escapes: bool) -> Result<(), GuestError> {
        let Some(templates) = &self.templates else {
            return Ok(());
        };
        // The comparison with templates takes a backslash for an escape.
        let is_readable = escapes || !sql.contains('\\');
        match Lexed::read(sql) {
            Ok(lexed) if is_readable && templates.allowed.cover(&lexed) => Ok(()),
            Ok(lexed) if is_readable && templates.writing.cover(&lexed) => {
                Err(GuestError::NotPermitted(Rule::Write))
            }
            _ => Err(GuestError::NotPermitted(Rule::Statement)),
        }
    }

    /// The statement with this name.
    ///
    /// # Errors
    ///
    /// [`Rule::Statement`], [`Rule::Write`].
    pub(crate) fn named(&self, name: &str) -> Result<&str, GuestError> {
        let statement = self.named.get(name);
        let statement = statement.ok_or(GuestError::NotPermitted(Rule::Statement))?;
        match statement.access > self.access {
            true => Err(GuestError::NotPermitted(Rule::Write)),
            false => Ok(&statement.sql),
        }
    }
}

fn enter(semaphore: Option<&Arc<Semaphore>>) -> Result<Place, GuestError> {
    let Some(semaphore) = semaphore else {
        return Ok(None);
    };
    match Arc::clone(semaphore).try_acquire_owned() {
        Ok(place) => Ok(Some(place)),
        Err(_) => Err(GuestError::NotPermitted(Rule::Connections)),
    }
}

fn seconds(limit: NonZeroU32) -> Duration {
    Duration::from_secs(limit.get().into())
}

/// The statement with a question mark in place of each name such as `:id`.
fn by_position(sql: &str) -> String {
    let mut text = String::new();
    let mut end = 0;
    for placeholder in placeholders(sql, Escapes::Strings) {
        text += sql.get(end..placeholder.range.start).unwrap_or_default();
        text.push('?');
        end = placeholder.range.end;
    }
    text += sql.get(end..).unwrap_or_default();
    text
}

/// The statements that a grant contains.
fn granted(
    granted: &Statements,
    databases: &Databases,
) -> Result<HashMap<String, Statement>, TenantError> {
    let Statements::Named(names) = granted else {
        let all = databases.statements.iter();
        return Ok(all.map(|(name, it)| (name.clone(), it.clone())).collect());
    };
    let statement = |name: &String| match databases.statements.get(name) {
        Some(statement) => Ok((name.clone(), statement.clone())),
        None => Err(TenantError::UnknownStatement(name.clone())),
    };
    names.iter().map(statement).collect()
}

impl Listed {
    fn new(statements: &HashMap<String, Statement>, access: Access) -> Result<Self, TenantError> {
        let mut listed = Self::default();
        for (name, statement) in statements {
            let unreadable = |problem: LexError| TenantError::Unreadable {
                name: name.clone(),
                problem,
            };
            let lexed = Lexed::read(&statement.sql).map_err(unreadable)?;
            match statement.access > access {
                true => listed.writing.add(&lexed),
                false => listed.allowed.add(&lexed),
            }
        }
        Ok(listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_question_marks() {
        for (sql, text) in [
            (
                "SELECT :a, ':b', :a + ? -- :c",
                "SELECT ?, ':b', ? + ? -- :c",
            ),
            ("SELECT 1", "SELECT 1"),
            ("", ""),
        ] {
            assert_eq!(by_position(sql), text);
        }
    }
}
