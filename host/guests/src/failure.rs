//! Why calls of a guest fail: an error value, or a trap.

use rds_bridge::component::ServerError;
use rds_bridge::pool::PoolError;
use rds_bridge::{Error, ErrorKind, Stage};
use wasmtime::component::ResourceTableError;

use crate::accounts::without_accounts;
use crate::bindings::rds::mysql::types;
use crate::bindings::rds::mysql::types::{Error as GuestError, Lost, Rule};
use crate::tenant::Tenant;
use crate::values;

/// Why a call of a guest failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It gets an error.
    Error(GuestError),
    /// It traps: it has used a handle that it does not have, or more of them than it may have.
    Trap(wasmtime::Error),
}

impl From<GuestError> for Failure {
    fn from(error: GuestError) -> Self {
        Self::Error(error)
    }
}

impl From<ResourceTableError> for Failure {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

/// What a function of the contract returns: its value or its error; or a trap.
pub(crate) type Answer<T> = wasmtime::Result<Result<T, GuestError>>;

/// The answer to a call.
pub(crate) fn answer<T>(done: Result<T, Failure>) -> Answer<T> {
    match done {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Error(error)) => Ok(Err(error)),
        Err(Failure::Trap(trap)) => Err(trap),
    }
}

/// `ER_TOO_MANY_USER_CONNECTIONS` and `ER_USER_LIMIT_REACHED`, whose messages name the database user.
const USER_LIMITS: [u16; 2] = [1203, 1226];
/// `ER_NONEXISTING_GRANT`, `ER_NONEXISTING_TABLE_GRANT`, `ER_ABORTING_CONNECTION`, `ER_NEW_ABORTING_CONNECTION` and
/// `ER_NONEXISTING_PROC_GRANT`, whose messages name a user and a host apart.
const USERS_AND_HOSTS: [u16; 5] = [1141, 1147, 1152, 1184, 1403];

/// The error of a guest for one of opening a connection.
pub(crate) fn of_pool(tenant: &Tenant, database: &str, error: PoolError) -> GuestError {
    let error = Error::from(error);
    tenant.hide(database, &error);
    GuestError::Unavailable(match (error.kind(), error.stage()) {
        (ErrorKind::PoolTimeout { .. } | ErrorKind::PoolClosed, _) => types::Stage::Pool,
        (_, stage) => guest_stage(stage),
    })
}

fn guest_stage(stage: Stage) -> types::Stage {
    match stage {
        Stage::Settings | Stage::Credentials => types::Stage::Credentials,
        Stage::Resolve => types::Stage::Resolve,
        Stage::Connect | Stage::InitialHandshake => types::Stage::Connect,
        Stage::Tls => types::Stage::Tls,
        Stage::Token => types::Stage::Token,
        Stage::Login => types::Stage::Login,
        // Those of a connection, and what may be added to the library.
        _ => types::Stage::Session,
    }
}

/// The error of a guest for one of setting up its session, in which nothing of the guest was sent.
pub(crate) fn of_set_up(tenant: &Tenant, database: &str, error: &Error) -> GuestError {
    tenant.hide(database, error);
    GuestError::Unavailable(types::Stage::Session)
}

/// The error of a guest for one of its statement.
pub(crate) fn of_statement(tenant: &Tenant, database: &str, error: &Error) -> GuestError {
    let lost = |may_have_run| GuestError::ConnectionLost(Lost { may_have_run });
    match error.kind() {
        // The session is set up in the same flight, so that the statement may have been executed.
        _ if error.stage() < Stage::Statement => {
            tenant.hide(database, error);
            lost(true)
        }
        ErrorKind::Server(server) => {
            let shown = shown(server);
            if shown.message != server.message {
                tenant.hide(database, error);
            }
            GuestError::Server(shown)
        }
        ErrorKind::ParameterCount { expected, given } => {
            GuestError::Parameter(index(*expected.min(given)))
        }
        ErrorKind::UnrepresentableParameter { index: at, .. } => GuestError::Parameter(index(*at)),
        ErrorKind::Value(value) => GuestError::Value(values::column_of(value)),
        ErrorKind::RowTooLarge { .. } => GuestError::NotPermitted(Rule::ResultSize),
        ErrorKind::LocalInfile => GuestError::NotPermitted(Rule::LocalFile),
        ErrorKind::TransactionStatement => GuestError::NotPermitted(Rule::Transaction),
        ErrorKind::TransactionEnded => GuestError::TransactionEnded,
        ErrorKind::TransactionOpen => GuestError::Busy,
        ErrorKind::Unusable => lost(false),
        ErrorKind::Timeout(_) => {
            tenant.hide(database, error);
            GuestError::Timeout(Lost { may_have_run: true })
        }
        _ => {
            tenant.hide(database, error);
            lost(true)
        }
    }
}

/// What a guest sees of the server's error.
fn shown(error: &ServerError) -> types::ServerError {
    let message = match error.code {
        code if USER_LIMITS.contains(&code) => "a limit of the database user is reached".to_owned(),
        code if USERS_AND_HOSTS.contains(&code) => {
            "the message is hidden, because it names a database user".to_owned()
        }
        _ => without_accounts(&error.message),
    };
    types::ServerError {
        code: error.code,
        sql_state: error.sql_state.clone(),
        message,
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
