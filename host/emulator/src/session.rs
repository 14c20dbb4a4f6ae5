//! A session: its SQLite connection, its settings, and the execution of statements in it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mysql_common::constants::{CapabilityFlags, StatusFlags};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::Shared;
use super::column::Declared;
use super::database::{Connected, Database};
use super::execute::{Changed, Executor, bind};
use super::functions::{self, Facts, Ids};
use super::packets::{self, Done};
use super::params::ParamType;
use super::result::{self, Encoding, Failure, Format};
use super::server_error::ServerError;
use super::sql::{Catalog, Context, Plan, Query, Setting, Statement, plan};
use super::wire::PacketStream;

pub(super) struct Session<'a> {
    shared: &'a Shared,
    database: &'a Database,
    sqlite: Connection,
    autocommit: bool,
    /// Whether the session's transactions are read-only.
    read_only: bool,
    /// Whether the open transaction is read-only.
    transaction_is_read_only: bool,
    is_interrupted: Arc<AtomicBool>,
    /// Set by a comparison of texts whose result the emulator does not know.
    is_unknown: Arc<AtomicBool>,
    ids: Arc<Ids>,
    settings: HashMap<String, String>,
    counts_found: bool,
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
    /// Whether a piece of long data was refused. The next execution then fails.
    pub(super) is_too_long: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        database: &'a Database,
        connection_id: u32,
        user: &str,
        capabilities: CapabilityFlags,
    ) -> rusqlite::Result<Self> {
        let Connected { sqlite, is_unknown } = database.connect()?;
        let ids = database.ids();
        let connections = &shared.connections;
        let is_interrupted =
            connections.interruptible(connection_id, sqlite.get_interrupt_handle());
        let facts = Facts {
            database: database.name().to_owned(),
            version: shared.version.clone(),
            user: format!("{user}@%"),
            connection_id,
            is_interrupted: Arc::clone(&is_interrupted),
            ids: Arc::clone(&ids),
        };
        functions::add(&sqlite, facts)?;
        Ok(Self {
            shared,
            database,
            sqlite,
            autocommit: true,
            read_only: false,
            transaction_is_read_only: false,
            is_interrupted,
            is_unknown,
            ids,
            settings: HashMap::new(),
            counts_found: capabilities.contains(CapabilityFlags::CLIENT_FOUND_ROWS),
            deprecate_eof: capabilities.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF),
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
        self.settings.clear();
        self.ids.last.store(0, Ordering::SeqCst);
        Ok(())
    }

    pub(super) fn database(&self) -> &'a str {
        self.database.name()
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

    /// Plans a statement. `values` are the values of the `?` parameters, if they are known.
    pub(super) fn plan(
        &self,
        statement: &Statement,
        values: Option<&[Value]>,
    ) -> Result<Plan, ServerError> {
        let context = Context {
            database: self.database(),
            version: &self.shared.version,
            autocommit: self.autocommit,
            read_only: self.read_only,
            settings: &self.settings,
            catalog: &Catalog::new(&self.sqlite, self.database()),
        };
        plan(statement, &context, values)
    }

    /// Returns the number of the statement's parameters, and its columns with their declared types.
    pub(super) fn describe(&self, plan: &Plan) -> Result<(usize, Vec<Declared>), ServerError> {
        let (sql, parameters, columns) = match plan {
            Plan::Read(query) => (&query.sql, query.parameters, declared(query)),
            Plan::Write(write, parameters) => (&write.sql, *parameters, Vec::new()),
            _ => return Ok((0, Vec::new())),
        };
        let statement = self.sqlite.prepare(sql);
        statement.map_err(|error| self.refused(&error))?;
        Ok((parameters, columns))
    }

    /// Executes a statement and writes its reply. `more` says that the result of another statement follows.
    pub(super) fn execute<S: Read + Write>(
        &mut self,
        stream: &mut PacketStream<S>,
        statement: &Statement,
        params: &[Value],
        encoding: Encoding,
        more: bool,
    ) -> Result<(), Failure> {
        self.is_interrupted.store(false, Ordering::SeqCst);
        let done = match self.plan(statement, Some(params))? {
            Plan::Read(query) => {
                check_count(query.parameters, params)?;
                let done = self.read(stream, &query, params, encoding, more);
                self.ids.row_count.store(-1, Ordering::SeqCst);
                return done;
            }
            Plan::Write(write, parameters) => {
                check_count(parameters, params)?;
                self.begin_to_write()?;
                let changed = self.executor().write(&write, params);
                let rows = changed.as_ref().map_or(-1, |changed| {
                    i64::try_from(changed.affected_rows).unwrap_or(i64::MAX)
                });
                self.ids.row_count.store(rows, Ordering::SeqCst);
                changed?
            }
            plan => {
                self.apply(plan)?;
                self.ids.row_count.store(0, Ordering::SeqCst);
                Changed::default()
            }
        };
        stream.write(&packets::ok(Done {
            affected_rows: done.affected_rows,
            last_insert_id: done.last_insert_id,
            status: self.status_with(more),
        }))?;
        Ok(())
    }

    fn status_with(&self, more: bool) -> StatusFlags {
        let mut status = self.status();
        status.set(StatusFlags::SERVER_MORE_RESULTS_EXISTS, more);
        status
    }

    fn executor(&self) -> Executor<'_> {
        Executor {
            database: self.database(),
            sqlite: &self.sqlite,
            is_unknown: &self.is_unknown,
            ids: &self.ids,
            counts_found: self.counts_found,
        }
    }

    fn check_writable(&self) -> Result<(), ServerError> {
        match self.read_only || self.transaction_is_read_only {
            true => Err(ServerError::read_only()),
            false => Ok(()),
        }
    }

    /// Checks that the session may write. With `autocommit` off, begins a transaction if no transaction is open; reads
    /// do not begin one, so that they do not hold a lock that blocks writers.
    fn begin_to_write(&self) -> Result<(), ServerError> {
        self.check_writable()?;
        match !self.autocommit && self.sqlite.is_autocommit() {
            true => self.batch("BEGIN IMMEDIATE"),
            false => Ok(()),
        }
    }

    fn read<S: Read + Write>(
        &mut self,
        stream: &mut PacketStream<S>,
        query: &Query,
        params: &[Value],
        encoding: Encoding,
        more: bool,
    ) -> Result<(), Failure> {
        self.is_unknown.store(false, Ordering::SeqCst);
        let prepared = self.sqlite.prepare(&query.sql);
        let mut prepared = prepared.map_err(|error| self.refused(&error))?;
        bind(&mut prepared, params).map_err(|error| self.refused(&error))?;
        let mut rows = prepared.raw_query();
        let format = self.format(encoding);
        let status = self.status_with(more);
        let declared = declared(query);
        result::write_rows(
            stream,
            &mut rows,
            &declared,
            &format,
            status,
            &self.is_unknown,
        )?;
        result::end(stream, &format, status)?;
        Ok(())
    }

    fn apply(&mut self, plan: Plan) -> Result<(), ServerError> {
        match plan {
            Plan::Read(_) | Plan::Write(..) | Plan::Nothing => Ok(()),
            Plan::CreateTable(_)
            | Plan::DropTables(_)
            | Plan::Truncate(_)
            | Plan::CreateIndex(..) => {
                self.check_writable()?;
                // As in MySQL, these statements commit the open transaction and run outside of any.
                self.commit()?;
                self.executor().define(&plan)
            }
            // In autocommit mode without a transaction, a savepoint has no effect.
            Plan::Savepoint(_) if self.sqlite.is_autocommit() && self.autocommit => Ok(()),
            Plan::Savepoint(sql) => {
                if self.sqlite.is_autocommit() {
                    self.batch("BEGIN")?;
                }
                self.batch(&sql)
            }
            Plan::Set(settings) => {
                for setting in settings {
                    self.set(setting)?;
                }
                Ok(())
            }
            Plan::Begin { read_only } => {
                // As in MySQL, it commits the open transaction.
                self.commit()?;
                self.batch("BEGIN")?;
                self.transaction_is_read_only = read_only;
                Ok(())
            }
            Plan::Commit => self.commit(),
            Plan::Rollback => self.rollback(),
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

    fn set(&mut self, setting: Setting) -> Result<(), ServerError> {
        match setting {
            Setting::Autocommit(on) => {
                if on {
                    self.commit()?;
                }
                self.autocommit = on;
            }
            Setting::ReadOnly(on) => self.read_only = on,
            Setting::Variable(name, value) => {
                self.settings.insert(name, value);
            }
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), ServerError> {
        self.end_transaction("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), ServerError> {
        self.end_transaction("ROLLBACK")
    }

    /// Ends the open transaction, if there is one.
    fn end_transaction(&mut self, sql: &str) -> Result<(), ServerError> {
        self.transaction_is_read_only = false;
        match self.sqlite.is_autocommit() {
            true => Ok(()),
            false => self.batch(sql),
        }
    }

    fn batch(&self, sql: &str) -> Result<(), ServerError> {
        self.executor().batch(sql)
    }

    fn refused(&self, error: &rusqlite::Error) -> ServerError {
        ServerError::of_sqlite(error, self.database())
    }
}

fn check_count(expected: usize, params: &[Value]) -> Result<(), ServerError> {
    let given = params.len();
    if expected == given {
        return Ok(());
    }
    let message = format!("parameters in the statement: {expected}; sent: {given}");
    Err(ServerError::new(1210, "HY000", message))
}

fn declared(query: &Query) -> Vec<Declared> {
    let declared = query.columns.iter().map(|(name, declared)| Declared {
        name: name.clone(),
        declared: declared.clone(),
    });
    declared.collect()
}
