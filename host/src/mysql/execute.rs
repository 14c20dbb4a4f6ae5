//! Statements on their way to the server: as text, or prepared and executed.

use zeroize::Zeroizing;

use super::command::{COM_QUERY, COM_STMT_PREPARE};
use super::connection::{Connection, State};
use super::ok_packet::Summary;
use super::param::Param;
use super::prepared::{Statement, execute_last_payload, execute_payload};
use super::protocol::{Protocol, is_query};
use super::reply::Reply;
use super::row::Encoding;
use super::rows::Rows;
use super::statement_cache::Known;
use crate::error::{Error, ErrorKind};

/// `ER_UNKNOWN_STMT_HANDLER`
const UNKNOWN_STATEMENT: u16 = 1243;
/// `ER_UNSUPPORTED_PS`
const NOT_TO_BE_PREPARED: u16 = 1295;
/// `ER_NEED_REPREPARE`
const TO_BE_PREPARED_AGAIN: u16 = 1615;
/// A longer one is prepared first, and then executed: two commands that wait for each other in buffers of the
/// network are nobody's gain.
const FLIGHT_LENGTH: usize = 16 << 10;

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
        let summary = match self.way(sql) {
            Way::Text => self.start_as_text(sql).await?,
            Way::Prepared(statement) => self.start_again(sql, statement, &[]).await?,
            Way::Prepare => self.start_prepared(sql).await?,
        };
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
        let summary = match self.statements.get(sql) {
            Some(Known::Prepared(statement)) => self.start_again(sql, statement, params).await?,
            _ => self.prepare_and_start(sql, params).await?,
        };
        Ok(Rows::new(self, summary))
    }

    fn way(&mut self, sql: &str) -> Way {
        if self.protocol == Protocol::Text {
            return Way::Text;
        }
        let known = self.statements.get(sql);
        match (known, self.protocol) {
            (Some(Known::Prepared(statement)), _) => Way::Prepared(statement),
            (Some(Known::LongAsText), _) | (None, Protocol::Binary) => Way::Prepare,
            (None, _) if self.executes_in_one_flight(sql) && is_query(sql) => Way::Prepare,
            (None, _) => Way::Text,
        }
    }

    /// With a question mark it may have parameters: to execute it without them is not to be tried.
    fn executes_in_one_flight(&self, sql: &str) -> bool {
        self.executes_unseen && sql.len() <= FLIGHT_LENGTH && !sql.contains('?')
    }

    async fn start_as_text(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        self.command(&[&[COM_QUERY], sql.as_bytes()]).await?;
        let may_be_prepared = self.protocol == Protocol::Auto && !self.executes_unseen;
        self.watched = (may_be_prepared && is_query(sql)).then(|| Zeroizing::new(sql.to_owned()));
        self.state = State::Replying(Reply::new(Encoding::Text, self.deprecate_eof()));
        self.read_header().await
    }

    async fn start_prepared(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        let started = if self.executes_in_one_flight(sql) {
            self.prepare_with_execution(sql).await
        } else {
            self.prepare_and_start(sql, &[]).await
        };
        match started {
            Err(error) if error.code() == Some(NOT_TO_BE_PREPARED) => self.start_as_text(sql).await,
            started => started,
        }
    }

    /// Two commands in one flight.
    async fn prepare_with_execution(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        self.two_commands(
            &[&[COM_STMT_PREPARE], sql.as_bytes()],
            &[&execute_last_payload()],
        )
        .await?;
        self.state = State::Replying(Reply::prepare(true, self.deprecate_eof()));
        let statement = self.read_prepared(sql).await?;
        match self.read_header().await {
            Err(error) if error.code() == Some(UNKNOWN_STATEMENT) => {
                // It prepares, and does not know which was the last.
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
        let known = Known::Prepared(statement);
        let dropped = self.statements.insert(sql, known);
        self.unused.extend(dropped);
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
        self.statements.remove(sql);
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
