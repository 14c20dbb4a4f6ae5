//! Statements on their way to the server: as text, or prepared and executed.

use std::pin::pin;

use super::leftovers::Leftovers;
use super::next_id::NextId;
use super::result_lengths::{Fingerprint, Length};
use super::rows::Rows;
use super::statement_cache::Known;
use super::statement_span::StatementSpan;
use super::{Connection, State, Transport};
use crate::error::{Error, ErrorKind};
use crate::protocol::ok_packet::Summary;
use crate::protocol::param::Param;
use crate::protocol::params::{IntoParams, Params, by_position};
use crate::protocol::placeholders::Escapes;
use crate::protocol::prepared::{
    LAST_STATEMENT_ID, Statement, execute_payload, execute_pipelined_payload,
};
use crate::protocol::reply::Reply;
use crate::protocol::row::Encoding;
use crate::protocol::text_or_binary::{Protocol, is_query, may_change_session, may_prepare};
use rds_bridge_wire::command::{COM_QUERY, COM_STMT_PREPARE};

/// `ER_UNKNOWN_STMT_HANDLER`
const UNKNOWN_STATEMENT: u16 = 1243;
/// `ER_MAX_PREPARED_STMT_COUNT_REACHED`, of all the server's connections
const TOO_MANY_PREPARED: u16 = 1461;
/// `ER_UNSUPPORTED_PS`
const NOT_TO_BE_PREPARED: u16 = 1295;
/// `ER_NEED_REPREPARE`
const TO_BE_PREPARED_AGAIN: u16 = 1615;
/// A longer statement is prepared and executed in two flights: commands of this length fill the network's buffers, and
/// sending them together saves nothing.
pub(super) const FLIGHT_LENGTH: usize = 16 << 10;

/// What a statement without parameters becomes.
enum Way {
    Text,
    Prepared(Statement),
    Prepare,
}

impl<S: Transport> Connection<S> {
    /// Executes a statement without parameters, in the text or the binary protocol as [`Protocol`] says. The rows
    /// stream: memory does not grow with their number.
    ///
    /// # Errors
    ///
    /// The server refuses the statement, with its code; or the connection is lost.
    pub async fn query(&mut self, sql: &str) -> Result<Rows<'_, S>, Error> {
        let span = StatementSpan::begin(sql);
        let summary = span.run(pin!(self.start_query(sql))).await?;
        Ok(Rows::new(self, summary, span))
    }

    async fn start_query(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        self.roll_back_dropped().await?;
        self.drain_reply().await?;
        self.check_transaction(sql).await?;
        self.set_up_before(sql).await?;
        self.note_leftovers(sql);
        self.forget_types_of_variables(sql, &[]);
        let may_be_prepared = self.protocol == Protocol::Auto && is_query(sql);
        let watched = may_be_prepared.then(|| self.lengths.fingerprint(sql));
        let summary = match self.way(sql, watched) {
            Way::Text => self.execute_as_text(sql).await?,
            Way::Prepared(statement) => self.execute_again(sql, statement, &[]).await?,
            Way::Prepare => self.start_prepared(sql).await?,
        };
        self.watched = watched;
        Ok(summary)
    }

    /// Executes a statement with parameters: `()` for none, a tuple or a slice for question marks,
    /// [`params!`](crate::params) for names ([`IntoParams`]). Values never become part of the statement's text.
    ///
    /// With parameters, the statement is prepared, which takes a round trip. It stays prepared: the 32 statements that
    /// were used last on a connection are executed without another. Without parameters, it is executed as by
    /// [`Self::query`].
    ///
    /// # Errors
    ///
    /// As [`Self::query`]; [`ErrorKind::ParameterCount`]; [`ErrorKind::ParameterName`].
    ///
    /// # Types
    ///
    /// The server takes a parameter as the type that it is given: with a [`Param::Int`] of 0 in `WHERE name = ?` it
    /// compares names as numbers, and every name that does not begin with a digit is 0. Give a [`Param::Text`] for a
    /// column of text. A statement that is executed again with parameters of other types is prepared again: MySQL, from
    /// 8.0.22 on, would keep the types of its first execution.
    pub async fn query_with<'p>(
        &mut self,
        sql: &str,
        params: impl IntoParams<'p>,
    ) -> Result<Rows<'_, S>, Error> {
        match params.into_params() {
            Params::None => self.query(sql).await,
            Params::Positional(params) => self.query_prepared(sql, &params).await,
            Params::Named(named) => {
                // The SQL mode is that after the last reply.
                self.roll_back_dropped().await?;
                self.drain_reply().await?;
                let escapes = self.escapes();
                let (sql, params) = by_position(sql, &named, escapes)
                    .map_err(|problem| self.error(ErrorKind::ParameterName(problem)))?;
                self.query_prepared(&sql, &params).await
            }
        }
    }

    /// In which quotes a backslash escapes. A server does not say whether `ANSI_QUOTES` is set.
    fn escapes(&self) -> Escapes {
        match self.has_backslash_escapes() {
            true => Escapes::Strings,
            false => Escapes::None,
        }
    }

    async fn query_prepared(&mut self, sql: &str, params: &[Param]) -> Result<Rows<'_, S>, Error> {
        let span = StatementSpan::begin(sql);
        let summary = span
            .run(pin!(self.start_prepared_query(sql, params)))
            .await?;
        Ok(Rows::new(self, summary, span))
    }

    async fn start_prepared_query(
        &mut self,
        sql: &str,
        params: &[Param],
    ) -> Result<Option<Summary>, Error> {
        let mut params_with_index = params.iter().enumerate();
        let unrepresentable = params_with_index.find_map(|(index, param)| match param {
            Param::Unrepresentable(reason) => Some((index, *reason)),
            _ => None,
        });
        if let Some((index, reason)) = unrepresentable {
            return Err(self.error(ErrorKind::UnrepresentableParameter { index, reason }));
        }
        self.roll_back_dropped().await?;
        self.drain_reply().await?;
        self.check_transaction(sql).await?;
        self.set_up_before_preparing(sql).await?;
        self.note_leftovers(sql);
        self.forget_types_of_variables(sql, params);
        if let Some(expected) = self.statements.parameters(sql)
            && expected != params.len()
        {
            let given = params.len();
            return Err(self.error(ErrorKind::ParameterCount { expected, given }));
        }
        match self.statements.get(sql, params) {
            Some(Known::Prepared(statement)) => self.execute_again(sql, statement, params).await,
            _ => self.prepare_and_execute(sql, params).await,
        }
    }

    fn way(&mut self, sql: &str, fingerprint: Option<Fingerprint>) -> Way {
        if self.protocol == Protocol::Text {
            return Way::Text;
        }
        let known = self.statements.get(sql, &[]);
        if let Some(Known::Prepared(statement)) = known {
            return Way::Prepared(statement);
        }
        let length = fingerprint.and_then(|it| self.lengths.get(it));
        match (self.protocol, length, known) {
            (Protocol::Binary, _, _) | (_, Some(Length::Long), _) => Way::Prepare,
            (_, Some(Length::Short), None) => {
                self.note(sql, &[], Known::OnceAsText);
                Way::Text
            }
            _ if self.pipelined_id(sql).is_some() => Way::Prepare,
            _ => Way::Text,
        }
    }

    fn note(&mut self, sql: &str, params: &[Param], known: Known) {
        let dropped = self.statements.insert(sql, params, known);
        self.unused.extend(dropped);
    }

    /// The id by which a query can be executed in the flight that prepares it.
    ///
    /// With a question mark it may have parameters: to execute it without them is not to be tried. Where MariaDB
    /// has no room to prepare it, it executes the one before it, which has to be a query too. With `@@`, MySQL may
    /// refuse to prepare it, and that refusal would change what `@@warning_count` and `@@error_count` say.
    fn pipelined_id(&self, sql: &str) -> Option<u32> {
        if sql.len() > FLIGHT_LENGTH || sql.contains('?') || !is_query(sql) {
            return None;
        }
        if self.can_pipeline_execute {
            return self.last_prepared_is_query.then_some(LAST_STATEMENT_ID);
        }
        self.next_id.predicted().filter(|_| !sql.contains("@@"))
    }

    /// Notes what a statement may leave in the session. Prepared statements keep the database, the SQL mode and the
    /// character set of their preparation, so a statement that may change these drops them.
    fn note_leftovers(&mut self, sql: &str) {
        self.leftovers = self.leftovers.max(Leftovers::after(sql));
        if may_change_session(sql) {
            self.unused.extend(self.statements.drain());
        }
        if may_prepare(sql) {
            self.next_id.forget();
        }
    }

    /// A statement of MySQL keeps the types that its user variables had when it was prepared (MySQL Reference Manual,
    /// "User-Defined Variables"): with one that held a number, a text would be compared as a number. So it is prepared
    /// anew each time.
    fn forget_types_of_variables(&mut self, sql: &str, params: &[Param]) {
        if !self.is_maria_db && sql.contains('@') {
            let removed = self.statements.remove(sql, params);
            self.unused.extend(removed);
        }
    }

    /// Begins a statement that controls the transaction.
    pub(super) async fn start_control(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        self.set_up_before(sql).await?;
        self.execute_as_text(sql).await
    }

    async fn execute_as_text(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        self.command(&[&[COM_QUERY], sql.as_bytes()]).await?;
        self.state = State::Replying(Reply::new(Encoding::Text, self.deprecate_eof()));
        self.read_header().await
    }

    async fn start_prepared(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        let pipelined_id = self.pipelined_id(sql);
        let id_before = self.next_id.take();
        let prepare: &[&[u8]] = &[&[COM_STMT_PREPARE], sql.as_bytes()];
        match pipelined_id {
            Some(id) => {
                self.two_commands(prepare, &[&execute_pipelined_payload(id)])
                    .await?
            }
            None => self.command(prepare).await?,
        }
        self.state = State::Replying(Reply::prepare(pipelined_id.is_some(), self.deprecate_eof()));
        let statement = match self.read_prepared(sql, &[], id_before).await {
            Ok(statement) => statement,
            Err(error)
                if self.is_usable()
                    && matches!(error.code(), Some(NOT_TO_BE_PREPARED | TOO_MANY_PREPARED)) =>
            {
                if error.code() == Some(TOO_MANY_PREPARED) {
                    // It would be refused with the next one too, each time at the cost of a round trip.
                    self.next_id = NextId::Unknown;
                }
                return self.execute_as_text(sql).await;
            }
            Err(error) => return Err(error),
        };
        match pipelined_id {
            Some(LAST_STATEMENT_ID) => {}
            Some(id) if id == statement.id => {}
            // No statement had the predicted id, so nothing was executed. The server's answer is discarded.
            Some(_) => {
                self.drain_reply().await?;
                return self.start(statement, &[]).await;
            }
            None => return self.start(statement, &[]).await,
        }
        match self.read_header().await {
            // It prepares, and does not know which was the last. It was a query: nothing has been done.
            Err(error) if error.code() == Some(UNKNOWN_STATEMENT) => {
                self.can_pipeline_execute = false;
                self.next_id = NextId::Unknown;
                self.start(statement, &[]).await
            }
            header => header,
        }
    }

    async fn prepare_and_execute(
        &mut self,
        sql: &str,
        params: &[Param],
    ) -> Result<Option<Summary>, Error> {
        let statement = match self.prepare(sql, params).await {
            // The server's limit for all connections: what this one keeps for later is no reason to fail now. It is
            // closed with the next command, before that is read.
            Err(error) if error.code() == Some(TOO_MANY_PREPARED) && self.forget_statements() => {
                self.prepare(sql, params).await?
            }
            prepared => prepared?,
        };
        self.start(statement, params).await
    }

    async fn prepare(&mut self, sql: &str, params: &[Param]) -> Result<Statement, Error> {
        let id_before = self.next_id.take();
        self.command(&[&[COM_STMT_PREPARE], sql.as_bytes()]).await?;
        self.state = State::Replying(Reply::prepare(false, self.deprecate_eof()));
        self.read_prepared(sql, params, id_before).await
    }

    /// Whether there were any.
    fn forget_statements(&mut self) -> bool {
        self.unused.extend(self.statements.drain());
        !self.unused.is_empty()
    }

    /// Reads the reply to `COM_STMT_PREPARE`, and keeps the statement for the next time, in the place of the
    /// one that has not been used for longest.
    async fn read_prepared(
        &mut self,
        sql: &str,
        params: &[Param],
        id_before: NextId,
    ) -> Result<Statement, Error> {
        if let Err(error) = self.next_event().await {
            self.next_id.refused(id_before);
            return Err(error);
        }
        let Some(statement) = self.unused.pop() else {
            return Err(self.error(ErrorKind::Unusable));
        };
        self.next_id.given(id_before, statement.id);
        if may_prepare(sql) {
            // When it is executed.
            self.next_id.forget();
        }
        self.last_prepared_is_query = statement.parameters == 0 && is_query(sql);
        self.note(sql, params, Known::Prepared(statement));
        Ok(statement)
    }

    /// Executes a statement that has been prepared before.
    async fn execute_again(
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
        let removed = self.statements.remove(sql, params);
        self.unused.extend(removed);
        // A query has not been executed. A procedure may have been, and may itself have met that error.
        match is_query(sql) {
            true => self.prepare_and_execute(sql, params).await,
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
