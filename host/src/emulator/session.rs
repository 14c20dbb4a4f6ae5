//! A session: its connection to SQLite, its settings, and what a statement does in it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mysql_common::constants::StatusFlags;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::Shared;
use super::column::Declared;
use super::functions::{self, Facts};
use super::packets::{self, Done};
use super::params::ParamType;
use super::result::{self, Encoding, Failure, Format};
use super::server_error::ServerError;
use super::sql::{Context, Plan, Statement, plan};
use super::wire::PacketStream;

pub(super) struct Session<'a> {
    shared: &'a Shared,
    sqlite: Connection,
    autocommit: bool,
    /// Of the session, and of the transaction at hand.
    read_only: bool,
    transaction_is_read_only: bool,
    is_interrupted: Arc<AtomicBool>,
    pub(super) deprecate_eof: bool,
    pub(super) prepared: HashMap<u32, Prepared>,
    pub(super) last_prepared: u32,
}

/// A prepared statement.
pub(super) struct Prepared {
    pub(super) statement: Statement,
    pub(super) parameters: usize,
    pub(super) types: Vec<ParamType>,
    pub(super) long: HashMap<u16, Vec<u8>>,
    /// Whether some of it was refused.
    pub(super) is_too_long: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        connection_id: u32,
        user: &str,
        deprecate_eof: bool,
    ) -> rusqlite::Result<Self> {
        let sqlite = shared.database.connect()?;
        let connections = &shared.connections;
        let is_interrupted =
            connections.interruptible(connection_id, sqlite.get_interrupt_handle());
        let facts = Facts {
            database: shared.database.name().to_owned(),
            version: shared.version.clone(),
            user: format!("{user}@%"),
            connection_id,
            is_interrupted: Arc::clone(&is_interrupted),
        };
        functions::add(&sqlite, facts)?;
        Ok(Self {
            shared,
            sqlite,
            autocommit: true,
            read_only: false,
            transaction_is_read_only: false,
            is_interrupted,
            deprecate_eof,
            prepared: HashMap::new(),
            last_prepared: 0,
        })
    }

    /// `COM_RESET_CONNECTION`
    pub(super) fn reset(&mut self) -> Result<(), ServerError> {
        self.rollback()?;
        self.autocommit = true;
        self.read_only = false;
        self.prepared.clear();
        Ok(())
    }

    pub(super) fn database(&self) -> &'a str {
        self.shared.database.name()
    }

    pub(super) fn format(&self, encoding: Encoding) -> Format<'a> {
        Format {
            database: self.database(),
            encoding,
            deprecate_eof: self.deprecate_eof,
        }
    }

    pub(super) fn status(&self) -> StatusFlags {
        let mut status = StatusFlags::empty();
        status.set(StatusFlags::SERVER_STATUS_AUTOCOMMIT, self.autocommit);
        let is_in_transaction = !self.sqlite.is_autocommit();
        status.set(StatusFlags::SERVER_STATUS_IN_TRANS, is_in_transaction);
        status
    }

    pub(super) fn plan(&self, statement: &Statement) -> Result<Plan, ServerError> {
        let context = Context {
            database: self.database(),
            version: &self.shared.version,
            autocommit: self.autocommit,
            read_only: self.read_only,
        };
        plan(statement, &context)
    }

    /// How many parameters a statement has, and its columns with their declared types.
    pub(super) fn describe(&self, plan: &Plan) -> Result<(usize, Vec<Declared>), ServerError> {
        let Plan::Execute(sql) = plan else {
            return Ok((0, Vec::new()));
        };
        let statement = self.sqlite.prepare(sql);
        let statement = statement.map_err(|error| self.refused(&error))?;
        Ok((statement.parameter_count(), declared(&statement)))
    }

    /// Executes a statement and writes its reply. `more` says that another statement's follows.
    pub(super) fn execute<S: Read + Write>(
        &mut self,
        stream: &mut PacketStream<S>,
        statement: &Statement,
        params: &[Value],
        encoding: Encoding,
        more: bool,
    ) -> Result<(), Failure> {
        self.is_interrupted.store(false, Ordering::SeqCst);
        let done = match self.plan(statement)? {
            Plan::Execute(sql) => match self.run(stream, &sql, params, encoding, more)? {
                Some(done) => done,
                None => return Ok(()),
            },
            plan => {
                self.apply(plan)?;
                Done::default()
            }
        };
        let status = self.status_with(more);
        stream.write(&packets::ok(Done { status, ..done }))?;
        Ok(())
    }

    fn status_with(&self, more: bool) -> StatusFlags {
        let mut status = self.status();
        status.set(StatusFlags::SERVER_MORE_RESULTS_EXISTS, more);
        status
    }

    /// What has changed; none if it was a result, which has been written.
    fn run<S: Read + Write>(
        &mut self,
        stream: &mut PacketStream<S>,
        sql: &str,
        params: &[Value],
        encoding: Encoding,
        more: bool,
    ) -> Result<Option<Done>, Failure> {
        let prepared = self.sqlite.prepare(sql);
        let mut prepared = prepared.map_err(|error| self.refused(&error))?;
        let is_reading = prepared.readonly();
        if !is_reading && (self.read_only || self.transaction_is_read_only) {
            return Err(ServerError::read_only().into());
        }
        // A reader without a transaction holds no lock, so that it is in no writer's way.
        if !self.autocommit && !is_reading && self.sqlite.is_autocommit() {
            let begun = self.sqlite.execute_batch("BEGIN");
            begun.map_err(|error| self.refused(&error))?;
        }
        let (expected, given) = (prepared.parameter_count(), params.len());
        if expected != given {
            let message = format!("the statement has {expected} parameters, and {given} came");
            return Err(ServerError::new(1210, "HY000", message).into());
        }
        for (index, value) in params.iter().enumerate() {
            let bound = prepared.raw_bind_parameter(index.saturating_add(1), value);
            bound.map_err(|error| self.refused(&error))?;
        }
        let declared = declared(&prepared);
        let has_columns = !declared.is_empty();
        let mut rows = prepared.raw_query();
        if has_columns {
            let format = self.format(encoding);
            let status = self.status_with(more);
            result::write_rows(stream, &mut rows, &declared, &format, status)?;
            result::end(stream, &format, status)?;
            return Ok(None);
        }
        let stepped = rows.next().map(|_| ());
        stepped.map_err(|error| self.refused(&error))?;
        drop(rows);
        if is_reading {
            return Ok(Some(Done::default()));
        }
        let keyword = sql.trim_start().get(..6).unwrap_or_default();
        let is_insert = ["INSERT", "REPLAC"]
            .iter()
            .any(|it| keyword.eq_ignore_ascii_case(it));
        let is_change = is_insert
            || ["UPDATE", "DELETE"]
                .iter()
                .any(|it| keyword.eq_ignore_ascii_case(it));
        let last = self.sqlite.last_insert_rowid();
        Ok(Some(Done {
            // SQLite's stays as it was for what is no such statement.
            affected_rows: if is_change { self.sqlite.changes() } else { 0 },
            last_insert_id: match is_insert {
                true => u64::try_from(last).unwrap_or(0),
                false => 0,
            },
            status: StatusFlags::empty(),
        }))
    }

    fn apply(&mut self, plan: Plan) -> Result<(), ServerError> {
        match plan {
            Plan::Execute(_) | Plan::Nothing => Ok(()),
            Plan::Begin { read_only } => {
                // As with MySQL, it ends the one at hand.
                self.commit()?;
                self.batch("BEGIN")?;
                self.transaction_is_read_only = read_only;
                Ok(())
            }
            Plan::Commit => self.commit(),
            Plan::Rollback => self.rollback(),
            Plan::SetAutocommit(on) => {
                if on {
                    self.commit()?;
                }
                self.autocommit = on;
                Ok(())
            }
            Plan::SetReadOnly(on) => {
                self.read_only = on;
                Ok(())
            }
            Plan::Use(name) if name == self.database() => Ok(()),
            Plan::Use(name) => Err(ServerError::unknown_database(&name)),
            Plan::Kill {
                connection_id,
                query_only,
            } => {
                let connections = &self.shared.connections;
                let is_there = match query_only {
                    true => connections.interrupt(connection_id),
                    false => connections.close(connection_id),
                };
                match is_there {
                    true => Ok(()),
                    false => Err(ServerError::no_such_thread(connection_id)),
                }
            }
        }
    }

    fn commit(&mut self) -> Result<(), ServerError> {
        self.transaction_is_read_only = false;
        match self.sqlite.is_autocommit() {
            true => Ok(()),
            false => self.batch("COMMIT"),
        }
    }

    fn rollback(&mut self) -> Result<(), ServerError> {
        self.transaction_is_read_only = false;
        match self.sqlite.is_autocommit() {
            true => Ok(()),
            false => self.batch("ROLLBACK"),
        }
    }

    fn batch(&self, sql: &str) -> Result<(), ServerError> {
        let done = self.sqlite.execute_batch(sql);
        done.map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &rusqlite::Error) -> ServerError {
        ServerError::of_sqlite(error, self.database())
    }
}

fn declared(statement: &rusqlite::Statement<'_>) -> Vec<Declared> {
    let declared = statement.columns().map(|column| Declared {
        name: column.name().to_owned(),
        declared: column.decl_type().map(str::to_owned),
    });
    declared.collect()
}
