//! The interface `client`, and its resource `connection`.

use std::sync::Arc;

use rds_bridge::mysql::{AccessMode, IsolationLevel, TransactionOptions};
use rds_bridge::pool::PooledConnection;
use wasmtime::component::Resource;

use crate::bindings::rds::mysql::client::{
    Connection as Handle, Host, HostConnection, Isolation, Options,
    Transaction as TransactionHandle,
};
use crate::bindings::rds::mysql::results::Rows as RowsHandle;
use crate::bindings::rds::mysql::types::{Error as GuestError, Summary, Value};
use crate::ctx::RdsCtx;
use crate::failure::{Answer, answer};
use crate::handles::{borrowed, owned};
use crate::session::Session;
use crate::transaction::Transaction;

/// A connection of a guest.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) session: Arc<Session>,
}

impl RdsCtx {
    /// The session of a connection, whose handle is that of a version of the contract.
    pub(crate) fn session<H: 'static>(
        &self,
        connection: &Resource<H>,
    ) -> wasmtime::Result<Arc<Session>> {
        let connection: &Connection = self.table.get(&borrowed(connection))?;
        Ok(Arc::clone(&connection.session))
    }
}

impl Host for RdsCtx {
    async fn open(&mut self, database: String) -> Answer<Resource<Handle>> {
        let opened = async {
            let grant = self.grant(&database)?;
            let _waiting = self.waited.begin();
            let session = Arc::new(Session::open(&self.tenant, &grant).await?);
            Ok(owned(&self.table.push(Connection { session })?))
        };
        answer(opened.await)
    }
}

impl HostConnection for RdsCtx {
    async fn query(
        &mut self,
        connection: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Resource<RowsHandle>> {
        let session = self.session(&connection)?;
        answer(self.call_query(&session, false, &sql, params).await)
    }

    async fn execute(
        &mut self,
        connection: Resource<Handle>,
        sql: String,
        params: Vec<Value>,
    ) -> Answer<Summary> {
        let session = self.session(&connection)?;
        answer(self.call_execute(&session, false, &sql, params).await)
    }

    async fn begin(
        &mut self,
        connection: Resource<Handle>,
        options: Options,
    ) -> Answer<Resource<TransactionHandle>> {
        let session = self.session(&connection)?;
        let begun = async {
            let _waiting = self.waited.begin();
            begin(&session, options).await?;
            Ok(owned(&self.table.push(Transaction::of(session))?))
        };
        answer(begun.await)
    }

    async fn drop(&mut self, connection: Resource<Handle>) -> wasmtime::Result<()> {
        let _dropped: Connection = self.table.delete(owned(&connection))?;
        Ok(())
    }
}

pub(crate) async fn begin(session: &Session, options: Options) -> Result<(), GuestError> {
    let mut chosen = TransactionOptions::default();
    if options.read_only {
        chosen = chosen.access_mode(AccessMode::ReadOnly);
    }
    if let Some(level) = options.isolation {
        chosen = chosen.isolation_level(match level {
            Isolation::ReadUncommitted => IsolationLevel::ReadUncommitted,
            Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
            Isolation::RepeatableRead => IsolationLevel::RepeatableRead,
            Isolation::Serializable => IsolationLevel::Serializable,
        });
    }
    let mut lent = session.lent()?;
    lent.check_free(false)?;
    let mut time = session.grant.time;
    let begin =
        async |connection: &mut PooledConnection| match connection.transaction_with(chosen).await {
            Ok(transaction) => {
                transaction.suspend();
                Ok(())
            }
            Err(error) => Err(session.failed(&error)),
        };
    lent.run(&mut time, begin).await?;
    lent.in_transaction = true;
    Ok(())
}
