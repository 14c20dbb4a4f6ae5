//! Statements on their way to the server: as text, or prepared and executed.

use super::command::{COM_QUERY, COM_STMT_PREPARE};
use super::connection::{Connection, State};
use super::ok_packet::Summary;
use super::param::Param;
use super::prepared::{Statement, execute_last_payload, execute_payload};
use super::protocol::{Protocol, is_query, may_change_session};
use super::reply::Reply;
use super::result_lengths::{Fingerprint, Length};
use super::row::Encoding;
use super::rows::Rows;
use super::statement_cache::Known;
use crate::error::{Error, ErrorKind};

/// `ER_UNKNOWN_STMT_HANDLER`
const UNKNOWN_STATEMENT: u16 = 1243;
/// `ER_MAX_PREPARED_STMT_COUNT_REACHED`, of all the server's connections
const TOO_MANY_PREPARED: u16 = 1461;
/// `ER_UNSUPPORTED_PS`
const NOT_TO_BE_PREPARED: u16 = 1295;
/// `ER_NEED_REPREPARE`
const TO_BE_PREPARED_AGAIN: u16 = 1615;
/// A longer one is prepared first, and then executed: two commands that wait for each other in buffers of the
/// network are nobody's gain.
pub(super) const FLIGHT_LENGTH: usize = 16 << 10;

/// What a statement without parameters becomes.
enum Way {
    Text,
    Prepared(Statement),
    Prepare,
}

impl Connection {
    /// Executes a statement without parameters, in the text protocol or the binary one as
    /// [`Protocol`] says. The rows stream: memory does not grow with their number.
    ///
    /// # Errors
    ///
    /// The server's refusal with its code, or that the connection is lost.
    pub async fn query(&mut self, sql: &str) -> Result<Rows<'_>, Error> {
        self.set_up_before(sql).await?;
        self.forget_if_session_changes(sql);
        let may_be_prepared = self.protocol == Protocol::Auto && is_query(sql);
        let watched = may_be_prepared.then(|| self.lengths.fingerprint(sql));
        let summary = match self.way(sql, watched) {
            Way::Text => self.start_as_text(sql).await?,
            Way::Prepared(statement) => self.start_again(sql, statement, &[]).await?,
            Way::Prepare => self.start_prepared(sql).await?,
        };
        self.watched = watched;
        Ok(Rows::new(self, summary))
    }

    /// Executes a statement with parameters, each for a question mark in it. Values never become part of the
    /// statement's text. It is prepared, which takes a round trip, and stays so: of the statements used last
    /// on a connection 32 are executed without another.
    ///
    /// # Errors
    ///
    /// As [`Self::query`], and [`ErrorKind::ParameterCount`].
    pub async fn query_with(&mut self, sql: &str, params: &[Param]) -> Result<Rows<'_>, Error> {
        self.set_up_before(sql).await?;
        self.forget_if_session_changes(sql);
        let summary = match self.statements.get(sql) {
            Some(Known::Prepared(statement)) => self.start_again(sql, statement, params).await?,
            _ => self.prepare_and_start(sql, params).await?,
        };
        Ok(Rows::new(self, summary))
    }

    fn way(&mut self, sql: &str, fingerprint: Option<Fingerprint>) -> Way {
        if self.protocol == Protocol::Text {
            return Way::Text;
        }
        let known = self.statements.get(sql);
        if let Some(Known::Prepared(statement)) = known {
            return Way::Prepared(statement);
        }
        let length = fingerprint.and_then(|it| self.lengths.get(it));
        match (self.protocol, length, known) {
            (Protocol::Binary, _, _) | (_, Some(Length::Long), _) => Way::Prepare,
            (_, Some(Length::Short), None) => {
                self.note(sql, Known::OnceAsText);
                Way::Text
            }
            _ if self.executes_in_one_flight(sql) => Way::Prepare,
            _ => Way::Text,
        }
    }

    fn note(&mut self, sql: &str, known: Known) {
        let dropped = self.statements.insert(sql, known);
        self.unused.extend(dropped);
    }

    /// With a question mark it may have parameters: to execute it without them is not to be tried. And where
    /// the server has no room to prepare it, MariaDB executes the one before it, which has to be a query too.
    fn executes_in_one_flight(&self, sql: &str) -> bool {
        self.executes_unseen
            && self.last_prepared_is_query
            && sql.len() <= FLIGHT_LENGTH
            && !sql.contains('?')
            && is_query(sql)
    }

    /// What is prepared keeps the database, the SQL mode and the character set that it was prepared under.
    fn forget_if_session_changes(&mut self, sql: &str) {
        if may_change_session(sql) {
            self.unused.extend(self.statements.drain());
        }
    }

    async fn start_as_text(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        self.command(&[&[COM_QUERY], sql.as_bytes()]).await?;
        self.state = State::Replying(Reply::new(Encoding::Text, self.deprecate_eof()));
        self.read_header().await
    }

    async fn start_prepared(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        let in_one_flight = self.executes_in_one_flight(sql);
        let prepare: &[&[u8]] = &[&[COM_STMT_PREPARE], sql.as_bytes()];
        match in_one_flight {
            true => {
                self.two_commands(prepare, &[&execute_last_payload()])
                    .await?
            }
            false => self.command(prepare).await?,
        }
        self.state = State::Replying(Reply::prepare(in_one_flight, self.deprecate_eof()));
        let statement = match self.read_prepared(sql).await {
            Ok(statement) => statement,
            Err(error)
                if self.is_usable()
                    && matches!(error.code(), Some(NOT_TO_BE_PREPARED | TOO_MANY_PREPARED)) =>
            {
                return self.start_as_text(sql).await;
            }
            Err(error) => return Err(error),
        };
        if !in_one_flight {
            return self.start(statement, &[]).await;
        }
        match self.read_header().await {
            // It prepares, and does not know which was the last. It was a query: nothing has been done.
            Err(error) if error.code() == Some(UNKNOWN_STATEMENT) => {
                self.executes_unseen = false;
                self.start(statement, &[]).await
            }
            header => header,
        }
    }

    async fn prepare_and_start(
        &mut self,
        sql: &str,
        params: &[Param],
    ) -> Result<Option<Summary>, Error> {
        self.command(&[&[COM_STMT_PREPARE], sql.as_bytes()]).await?;
        self.state = State::Replying(Reply::prepare(false, self.deprecate_eof()));
        let statement = self.read_prepared(sql).await?;
        self.start(statement, params).await
    }

    /// Reads the reply to `COM_STMT_PREPARE`, and keeps the statement for the next time, in the place of the
    /// one that has not been used for longest.
    async fn read_prepared(&mut self, sql: &str) -> Result<Statement, Error> {
        self.next_event().await?;
        let Some(statement) = self.unused.pop() else {
            return Err(self.error(ErrorKind::Unusable));
        };
        self.last_prepared_is_query = statement.parameters == 0 && is_query(sql);
        self.note(sql, Known::Prepared(statement));
        Ok(statement)
    }

    /// Executes a statement that has been prepared before.
    async fn start_again(
        &mut self,
        sql: &str,
        statement: Statement,
        params: &[Param],
    ) -> Result<Option<Summary>, Error> {
        let started = self.start(statement, params).await;
        let code = match &started {
            Err(error) => error.code(),
            Ok(_) => None,
        };
        if !matches!(code, Some(UNKNOWN_STATEMENT | TO_BE_PREPARED_AGAIN)) {
            return started;
        }
        // The server may have it still: to close what it does not know does nothing.
        let removed = self.statements.remove(sql);
        self.unused.extend(removed);
        // A query has not been executed. A procedure may have been, and may itself have met that error.
        match is_query(sql) {
            true => self.prepare_and_start(sql, params).await,
            false => started,
        }
    }

    async fn start(
        &mut self,
        statement: Statement,
        params: &[Param],
    ) -> Result<Option<Summary>, Error> {
        if statement.parameters != params.len() {
            return Err(self.error(ErrorKind::ParameterCount {
                expected: statement.parameters,
                given: params.len(),
            }));
        }
        self.command(&[&execute_payload(statement, params)]).await?;
        self.state = State::Replying(Reply::new(Encoding::Binary, self.deprecate_eof()));
        self.read_header().await
    }
}
