//! Runs a statement until it is committed, fails and is rolled back, or is interrupted.

use std::cell::Cell;
use std::io::{Write, stderr};
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::limit::Limit;
use super::output::Output;
use super::progress::{Progress, waiting};
use super::report::Report;
use super::room::has_room;
use super::several_statements::Statement;
use super::tally::Tally;
use super::transaction::Transaction;
use super::warnings::Warnings;
use super::{Query, interrupt};
use crate::error::Error;
use rds_bridge::error::{ErrorKind, ends_connection};
use rds_bridge::mysql::{CancelHandle, Connection, Param, Rows};

/// How long to wait for the server to end a killed statement, or to answer a COMMIT.
const GRACE: Duration = Duration::from_secs(5);
/// How long to wait before the statement is killed again.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) struct Execution<'a> {
    pub(super) arguments: &'a Query,
    pub(super) sql: &'a str,
    /// The statements of `sql`.
    pub(super) statements: &'a [Statement<'a>],
    pub(super) params: &'a [Param],
    pub(super) transaction: Transaction,
    /// Whether COMMIT was sent. From then on neither a signal nor `--timeout` can undo the statement.
    pub(super) is_committing: Cell<bool>,
}

impl Execution<'_> {
    /// Executes the statement and writes its rows. After a signal the statement counts as interrupted, whatever the
    /// server answers (MySQL ends `SLEEP` without an error), unless COMMIT was already sent.
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
            let done = self.statement(connection, output).await;
            let has_failed = matches!(&done, Err(error) if !matches!(error, Error::Interrupted));
            if has_failed && self.statements.len() > 1 {
                self.warn_if_not_rolled_back();
            }
            interrupt::check()?;
            return done;
        }
        // Not START TRANSACTION: after it, a procedure could not use SET TRANSACTION, and a procedure that begins its
        // own transaction would commit this one.
        connection.execute("SET autocommit = 0", ()).await?;
        match self.statement(connection, output).await {
            Ok(report) => {
                interrupt::check()?;
                self.is_committing.set(true);
                let committed = connection.execute("COMMIT", ()).await;
                committed.map_err(|error| {
                    if is_answer(&error) {
                        Error::Bridge(error)
                    } else {
                        Error::CommitUnknown(Box::new(Error::Bridge(error)))
                    }
                })?;
                Ok(report)
            }
            Err(Error::Interrupted) => Err(Error::Interrupted),
            Err(error) => {
                // A lost connection is rolled back by the server. So is one with unread rows, which is closed instead
                // of drained.
                if connection.is_usable() && !connection.is_replying() {
                    roll_back(connection).await;
                }
                self.warn_if_not_rolled_back();
                Err(error)
            }
        }
    }

    /// If the reader closes the pipe, a statement that writes still runs to its end; any other is abandoned.
    async fn statement(
        &self,
        connection: &mut Connection,
        output: &mut Output,
    ) -> Result<Report, Error> {
        let mut tally = Tally::new(self.statements);
        let done = self.results(connection, output, &mut tally).await;
        done.map_err(|error| tally.locate(error))
    }

    async fn start<'c>(&self, connection: &'c mut Connection) -> Result<Rows<'c>, Error> {
        Ok(if self.statements.len() > 1 {
            connection.query_several(self.sql).await?
        } else if self.params.is_empty() {
            connection.query(self.sql).await?
        } else {
            connection.query_with(self.sql, self.params).await?
        })
    }

    async fn results(
        &self,
        connection: &mut Connection,
        output: &mut Output,
        tally: &mut Tally<'_>,
    ) -> Result<Report, Error> {
        let is_quiet = self.arguments.quiet;
        let mut progress = Progress::new(output, is_quiet);
        let started = self.start(connection);
        let mut rows = waiting("waiting for the server", is_quiet, started).await?;
        let mut limit = Limit::new(self.arguments.limit);
        let mut has_columns = false;
        let mut is_read = true;
        loop {
            interrupt::check()?;
            let has_rows = !rows.columns().is_empty();
            if has_rows {
                has_columns = true;
                is_read = write_result(&mut rows, output, &mut progress, &mut limit).await?;
            }
            if !is_read {
                break;
            }
            tally.end_result(has_rows, rows.summary());
            if !rows.next_result().await? {
                break;
            }
        }
        // Before COMMIT, so that a failure to write the rows rolls the statement back.
        let is_read = is_read && output.finish().await?;
        progress.clear();
        if let Some(message) = limit.message().filter(|_| !is_quiet) {
            say(&message);
        }
        if !is_read && self.arguments.allow_writes {
            drain(&mut rows).await?;
        }
        let last = rows.summary().cloned().unwrap_or_default();
        let warnings = if is_read && !is_quiet {
            Warnings::fetch(connection, last.warnings).await?
        } else {
            Warnings::default()
        };
        Ok(Report {
            statements: self.statements.len(),
            rows: has_columns.then(|| progress.summary(output)),
            has_ended_early: !is_read,
            affected_rows: tally.affected_rows(),
            earlier_warnings: tally.warnings().saturating_sub(last.warnings.into()),
            last,
            warnings,
        })
    }

    /// Tells that the statements are not rolled back, or not all of them.
    pub(super) fn warn_if_not_rolled_back(&self) {
        match self.transaction {
            Transaction::Own => {}
            Transaction::WithImplicitCommits => say(
                "some of the statements end the transaction, as CREATE and COMMIT do: changes up to the last of these \
                 statements are kept",
            ),
            Transaction::None if self.arguments.allow_writes => {
                say(if self.statements.len() > 1 {
                    "the statements are not in a transaction: their changes so far are kept"
                } else {
                    "the statement is not in a transaction: its changes so far are kept"
                });
            }
            Transaction::None => {}
        }
    }

    /// After a signal: ends the statement on the server and rolls it back. The returned error tells whether that
    /// succeeded.
    pub(super) async fn end(&self, cancel: &CancelHandle, connection: &mut Connection) -> Error {
        say(
            "interrupted: ending the statement on the server (press Ctrl-C again to exit without waiting; the \
             statement may then continue)",
        );
        self.warn_if_not_rolled_back();
        // On the heap: it is seldom needed, and would make the command's future larger.
        let end = Box::pin(async {
            if let Err(error) = cancel.cancel_on(connection).await {
                return Error::NotKilled(error);
            }
            // This also reads the server's answer to the statement, and so waits for its end.
            let mut rolled_back = pin!(connection.execute("ROLLBACK", ()));
            while timeout(AGAIN, rolled_back.as_mut()).await.is_err() {
                // A kill that arrives between preparing and executing ends nothing. That of a statement that has ended
                // meanwhile does no harm.
                let _killed = cancel.cancel().await;
            }
            Error::Interrupted
        });
        tokio::select! {
            ended = timeout(GRACE, end) => ended.unwrap_or(Error::NotAwaited),
            () = interrupt::requested(2) => Error::NotAwaited,
        }
    }
}

/// Whether the error is the server's answer to COMMIT. If the connection was lost or closed instead, the server may
/// have committed before.
fn is_answer(error: &rds_bridge::Error) -> bool {
    matches!(error.kind(), ErrorKind::Server(refusal) if !ends_connection(refusal))
}

/// Writes the rows of one result. False if the reader has closed the pipe.
async fn write_result(
    rows: &mut Rows<'_>,
    output: &mut Output,
    progress: &mut Progress,
    limit: &mut Limit,
) -> Result<bool, Error> {
    output.begin(rows.columns())?;
    limit.begin();
    while let Some(row) = rows.next().await? {
        if !limit.take() {
            break;
        }
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

async fn drain(rows: &mut Rows<'_>) -> Result<(), Error> {
    loop {
        while rows.next().await?.is_some() {
            interrupt::check()?;
        }
        if !rows.next_result().await? {
            return Ok(());
        }
    }
}

/// Rolls back. The server reports by warning 1196 that some changes cannot be rolled back.
async fn roll_back(connection: &mut Connection) {
    if let Ok(summary) = connection.execute("ROLLBACK", ()).await
        && summary.warnings > 0
    {
        say(
            "not everything was rolled back: some of the tables that were written do not support transactions",
        );
    }
}

/// Prints a line to standard error, unless the terminal is stopped (Ctrl-S).
fn say(line: &str) {
    if has_room(stderr()) {
        let _written = writeln!(stderr(), "rds-bridge: {line}");
    }
}
