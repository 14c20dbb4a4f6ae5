//! A statement from its beginning to its end, whatever the end is: done and committed, failed and rolled back, or ended
//! by Ctrl-C.

use std::cell::Cell;
use std::io::{Write, stderr};
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::output::Output;
use super::progress::Progress;
use super::report::Report;
use super::room::has_room;
use super::several_statements::has_several_statements;
use super::transaction::Transaction;
use super::warnings::Warnings;
use super::{Query, interrupt};
use crate::error::Error;
use rds_bridge::error::{Cause, ErrorKind, ends_connection};
use rds_bridge::mysql::first_keyword;
use rds_bridge::mysql::{CancelHandle, Connection, Param, Rows};

/// How long the server has to end a statement that was killed, or to answer a COMMIT.
const GRACE: Duration = Duration::from_secs(5);

pub(super) struct Execution<'a> {
    pub(super) arguments: &'a Query,
    pub(super) sql: &'a str,
    pub(super) params: &'a [Param],
    pub(super) transaction: Transaction,
    /// Whether COMMIT is on its way: from there on the server decides, and neither a signal nor `--timeout`.
    pub(super) is_committing: Cell<bool>,
}

impl Execution<'_> {
    /// Adds what the statement's text tells of why a server cannot read it.
    pub(super) fn explained(&self, error: Error) -> Error {
        /// `ER_PARSE_ERROR`
        const NOT_READ: u16 = 1064;
        let Error::Bridge(error) = error else {
            return error;
        };
        if error.code() != Some(NOT_READ) {
            return Error::Bridge(error);
        }
        let keyword = first_keyword(self.sql).unwrap_or_default();
        Error::Bridge(if keyword.eq_ignore_ascii_case("DELIMITER") {
            error.with_causes(vec![Cause::new(
                "DELIMITER is a command of the program mysql, and not a statement",
                "give the statement alone, without DELIMITER: a ; within it does not end it",
            )])
        } else if has_several_statements(self.sql) {
            error.with_causes(vec![Cause::new(
                "it is several statements, and a server takes one at a time",
                "execute them one after the other, or put them into a procedure",
            )])
        } else {
            error
        })
    }

    /// Executes it, and writes its rows. Once a signal asks the command to end, the statement has not succeeded,
    /// whatever the server answers (MySQL ends `SLEEP` without an error); unless COMMIT was sent before.
    pub(super) async fn run(
        &self,
        connection: &mut Connection,
        output: &mut Output,
    ) -> Result<Report, Error> {
        let mut executed = pin!(self.execute(connection, output));
        tokio::select! {
            biased;
            done = &mut executed => return done,
            () = interrupt::requested(1) => {}
        }
        if !self.is_committing.get() {
            return Err(Error::Interrupted);
        }
        let unknown = || Error::CommitUnknown(Box::new(Error::Interrupted));
        tokio::select! {
            biased;
            done = timeout(GRACE, executed) => done.unwrap_or_else(|_| Err(unknown())),
            () = interrupt::requested(2) => Err(unknown()),
        }
    }

    async fn execute(
        &self,
        connection: &mut Connection,
        output: &mut Output,
    ) -> Result<Report, Error> {
        if self.transaction == Transaction::None {
            let report = self.statement(connection, output).await?;
            interrupt::check()?;
            return Ok(report);
        }
        // Not START TRANSACTION, behind which a procedure may not say SET TRANSACTION, and with which one that begins
        // a transaction of its own would commit this one.
        connection.execute("SET autocommit = 0", ()).await?;
        match self.statement(connection, output).await {
            Ok(report) => {
                interrupt::check()?;
                self.is_committing.set(true);
                let committed = connection.execute("COMMIT", ()).await;
                committed.map_err(|error| match is_answer(&error) {
                    true => Error::Bridge(error),
                    false => Error::CommitUnknown(Box::new(Error::Bridge(error))),
                })?;
                Ok(report)
            }
            Err(Error::Interrupted) => Err(Error::Interrupted),
            Err(error) => {
                // A connection that is lost has rolled back by itself; and one with rows left to read is not read to
                // its end for that, but closed.
                if connection.is_usable() && !connection.is_replying() {
                    roll_back(connection).await;
                }
                Err(error)
            }
        }
    }

    /// When the reader has closed the pipe, a statement that writes is run to its end; any other is abandoned.
    async fn statement(
        &self,
        connection: &mut Connection,
        output: &mut Output,
    ) -> Result<Report, Error> {
        let is_quiet = self.arguments.quiet;
        let mut progress = Progress::new(output, is_quiet);
        let mut rows = if self.params.is_empty() {
            connection.query(self.sql).await?
        } else {
            connection.query_with(self.sql, self.params).await?
        };
        let mut has_columns = false;
        let mut is_read = true;
        loop {
            interrupt::check()?;
            if !rows.columns().is_empty() {
                has_columns = true;
                is_read = result(&mut rows, output, &mut progress).await?;
            }
            if !is_read || !rows.next_result().await? {
                break;
            }
        }
        // Before a statement that writes is committed: rows that are not safe are not given up on the server.
        let is_read = is_read && output.finish().await?;
        progress.clear();
        if !is_read && self.arguments.allow_writes {
            read_to_end(&mut rows).await?;
        }
        let last = rows.summary().cloned().unwrap_or_default();
        let warnings = match is_read && !is_quiet {
            true => Warnings::fetch(connection, last.warnings).await?,
            false => Warnings::default(),
        };
        Ok(Report {
            rows: has_columns.then(|| progress.summary(output)),
            has_ended_early: !is_read,
            last,
            warnings,
        })
    }

    /// Where it is given up.
    pub(super) fn say_what_stays(&self) {
        if self.transaction == Transaction::None && self.arguments.allow_writes {
            say("the statement is in no transaction: what it has written so far stays");
        }
    }

    /// After a signal: ends the statement on the server, and takes back what it has written. The error says what is
    /// known of it.
    pub(super) async fn end(&self, cancel: &CancelHandle, connection: &mut Connection) -> Error {
        say("interrupted: ending the statement on the server (again: do not wait)");
        self.say_what_stays();
        // On the heap: it is seldom needed, and the command's future would carry its room along.
        let end = Box::pin(async {
            if let Err(error) = cancel.cancel().await {
                return Error::NotKilled(error);
            }
            // Reads what the server answers to the statement, which is no matter, and waits for its end.
            let _rolled_back = connection.execute("ROLLBACK", ()).await;
            Error::Interrupted
        });
        tokio::select! {
            ended = timeout(GRACE, end) => ended.unwrap_or(Error::NotAwaited),
            () = interrupt::requested(2) => Error::NotAwaited,
        }
    }
}

/// Whether the server has refused, and goes on: where it ends the connection, or that is lost, it may have done what
/// was asked before.
fn is_answer(error: &rds_bridge::Error) -> bool {
    matches!(error.kind(), ErrorKind::Server(refusal) if !ends_connection(refusal))
}

/// Writes the rows of one result. False if nobody reads them any more.
async fn result(
    rows: &mut Rows<'_>,
    output: &mut Output,
    progress: &mut Progress,
) -> Result<bool, Error> {
    output.begin(rows.columns())?;
    while let Some(row) = rows.next().await? {
        output.row(&row)?;
        progress.count(output);
        interrupt::check()?;
        if output.is_full() {
            if !output.flush().await? {
                return Ok(false);
            }
            progress.show(output);
        }
    }
    output.end().await
}

async fn read_to_end(rows: &mut Rows<'_>) -> Result<(), Error> {
    loop {
        while rows.next().await?.is_some() {
            interrupt::check()?;
        }
        if !rows.next_result().await? {
            return Ok(());
        }
    }
}

/// What cannot be rolled back, a server tells by a warning (1196).
async fn roll_back(connection: &mut Connection) {
    if let Ok(summary) = connection.execute("ROLLBACK", ()).await
        && summary.warnings > 0
    {
        say("some of what it has written is in tables without transactions, and stays");
    }
}

/// A line on standard error, unless the terminal is held.
fn say(line: &str) {
    if has_room(stderr()) {
        let _written = writeln!(stderr(), "rds-bridge: {line}");
    }
}
