//! Spin's resource `connection`.

use wasmtime::component::Resource;

use super::bindings::fermyon::spin::mysql::{Host, HostConnection};
use super::bindings::fermyon::spin::rdbms_types::{
    Error, Host as RdbmsTypes, ParameterValue, RowSet,
};
use super::error::SpinFailure;
use super::{query, values};
use crate::RdsCtx;
use crate::address::Address;
use crate::bindings::rds::mysql::types::{Error as GuestError, Rule};
use crate::session::Session;
use crate::values::MAX_TEXT_BYTES;

/// A connection of a guest of Spin.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated code re-exports it")]
pub struct SpinConnection {
    session: Session,
}

const PASSWORD: &str =
    "the host has the credentials, and accepts no password in the address: remove it";

/// The answer to an address that leads to no database of the guest.
pub(super) fn unknown() -> Error {
    Error::ConnectionFailed("the host has no database for this address".to_owned())
}

impl RdsCtx {
    /// The name of the database that an address stands for.
    pub(crate) fn database_of(&self, address: &str) -> Result<String, Error> {
        let address = Address::read(address).ok_or_else(unknown)?;
        if address.has_password && !self.ignores_passwords {
            return Err(Error::ConnectionFailed(PASSWORD.to_owned()));
        }
        let mapped = self.addresses.get(&address.target).cloned();
        Ok(mapped.unwrap_or(address.target.host))
    }

    pub(crate) fn check_length(
        &self,
        sql: &str,
        params: &[ParameterValue],
    ) -> Result<(), GuestError> {
        let lengths = params.iter().map(values::length);
        let bytes = lengths.fold(sql.len(), usize::saturating_add);
        match bytes > self.max_statement_bytes || sql.len() > MAX_TEXT_BYTES {
            true => Err(GuestError::NotPermitted(Rule::Parameters)),
            false => Ok(()),
        }
    }

    async fn spin_query(
        &mut self,
        connection: &Resource<SpinConnection>,
        sql: &str,
        params: Vec<ParameterValue>,
    ) -> Result<RowSet, SpinFailure> {
        self.check_length(sql, &params)?;
        let params = values::params(params)?;
        let session = &self.table.get(connection)?.session;
        let _waiting = self.waited.begin();
        Ok(query::query(session, sql, &params).await?)
    }
}

impl RdbmsTypes for RdsCtx {
    fn convert_error(&mut self, failure: SpinFailure) -> wasmtime::Result<Error> {
        match failure {
            SpinFailure::Error(error) => Ok(error),
            SpinFailure::Trap(trap) => Err(trap),
        }
    }
}

impl Host for RdsCtx {}

impl HostConnection for RdsCtx {
    async fn open(&mut self, address: String) -> Result<Resource<SpinConnection>, SpinFailure> {
        let database = self.database_of(&address)?;
        let grant = self.grant(&database)?;
        let _waiting = self.waited.begin();
        let session = Session::open(&self.tenant, &grant).await?;
        Ok(self.table.push(SpinConnection { session })?)
    }

    async fn query(
        &mut self,
        connection: Resource<SpinConnection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<RowSet, SpinFailure> {
        self.spin_query(&connection, &statement, params).await
    }

    async fn execute(
        &mut self,
        connection: Resource<SpinConnection>,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<(), SpinFailure> {
        let executed = self.spin_query(&connection, &statement, params).await;
        executed.map(drop)
    }

    async fn drop(&mut self, connection: Resource<SpinConnection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}
