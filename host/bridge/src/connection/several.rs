//! Several statements in one text, which the server executes one after another.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_set_option.html>

use std::collections::VecDeque;
use std::pin::pin;

use super::leftovers::Leftovers;
use super::rows::Rows;
use super::set_up::Step;
use super::statement_span::StatementSpan;
use super::{Connection, State, Transport};
use crate::error::Error;
use crate::protocol::ok_packet::Summary;
use crate::protocol::reply::Reply;
use crate::protocol::row::Encoding;
use rds_bridge_wire::command::COM_QUERY;

impl<S: Transport> Connection<S> {
    /// Executes a text of several statements, separated by semicolons, in the text protocol. The server splits the
    /// text, and executes the statements one after another up to the first that fails. The results follow one another:
    /// [`Rows::next_result`] continues with the next. A statement without rows has a result without columns, and a
    /// `CALL` has one more than its procedure returns.
    ///
    /// The server accepts several statements in this text only: all other methods keep refusing them, so that text that
    /// was injected into a statement cannot add another. The text has no parameters. Never build it from input.
    ///
    /// It takes one round trip more than [`Self::query`], which lets the server accept several statements
    /// (`COM_SET_OPTION`). Where commands cannot be pipelined, the next command takes one more, which ends that.
    ///
    /// # Errors
    ///
    /// As [`Self::query`]. A statement that fails is reported when its result is reached, and the earlier ones have
    /// been executed.
    pub async fn query_several(&mut self, sql: &str) -> Result<Rows<'_, S>, Error> {
        let span = StatementSpan::begin(sql);
        let summary = span.run(pin!(self.start_several(sql))).await?;
        Ok(Rows::new(self, summary, span))
    }

    async fn start_several(&mut self, sql: &str) -> Result<Option<Summary>, Error> {
        self.roll_back_dropped().await?;
        self.drain_reply().await?;
        self.check_transaction(sql).await?;
        self.ask_identity(true).await?;
        self.set_up_now().await?;
        // The text is not searched for what its statements leave in the session: this assumes the most.
        self.leftovers = Leftovers::Roles;
        let dropped = self.statements.drain();
        self.unused.extend(dropped);
        self.next_id.forget();
        self.check_usable()?;
        // Before it is sent, in case this future is dropped: refusing them twice is harmless.
        self.set_up.accepts_several = true;
        self.one_by_one(VecDeque::from([Step::SeveralOn])).await?;
        self.write_command(&[&[COM_QUERY], sql.as_bytes()]).await?;
        self.state = State::Replying(Reply::new(Encoding::Text, self.deprecate_eof()));
        self.read_header().await
    }

    /// Ends what [`Self::query_several`] has begun: with the next command if commands can be pipelined, otherwise now.
    /// The last reply must have been read.
    pub(super) async fn refuse_several(&mut self) -> Result<(), Error> {
        if !self.set_up.accepts_several {
            return Ok(());
        }
        self.check_usable()?;
        self.set_up.accepts_several = false;
        let step = VecDeque::from([Step::SeveralOff]);
        if self.can_pipeline {
            self.hold_steps(step);
            return Ok(());
        }
        self.one_by_one(step).await
    }
}
