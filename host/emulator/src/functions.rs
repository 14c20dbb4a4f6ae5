//! SQL functions that translated statements call: MySQL's own, and functions that check that a value is as in MySQL.

mod aggregate;
mod date;
mod decimal;
mod integer;
mod session;
mod store;
mod text;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{FromSql, ToSql};
use rusqlite::{Connection, Error, Result};

use super::server_error::ServerError;

pub(super) use decimal::{scaled, text as decimal_text};
pub(super) use session::{Facts, Ids};

/// Registers all functions with a connection.
pub(super) fn add(connection: &Connection, facts: Facts) -> Result<()> {
    add_pure(connection)?;
    session::add(connection, facts)
}

fn add_pure(connection: &Connection) -> Result<()> {
    integer::add(connection)?;
    decimal::add(connection)?;
    aggregate::add(connection)?;
    text::add(connection)?;
    date::add(connection)?;
    store::add(connection)
}

/// Flags of a function that returns the same result for the same arguments.
const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC);

/// Makes the error of a SQL function. Its code and message reach the client.
fn refused(error: &ServerError) -> Error {
    Error::UserFunctionError(error.encoded().into())
}

fn not_emulated<T>(what: impl std::fmt::Display) -> Result<T> {
    Err(refused(&ServerError::not_emulated(what)))
}

/// Registers a function of one argument. It returns NULL for NULL.
fn unary<A: FromSql, R: ToSql>(
    connection: &Connection,
    name: &str,
    call: impl Fn(A) -> Result<R> + Send + Sync + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, 1, PURE, move |context| {
        let argument: Option<A> = context.get(0)?;
        argument.map(&call).transpose()
    })
}

/// Registers a function of two arguments. It returns NULL if an argument is NULL.
fn binary<A: FromSql, B: FromSql, R: ToSql>(
    connection: &Connection,
    name: &str,
    call: impl Fn(A, B) -> Result<R> + Send + Sync + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, 2, PURE, move |context| {
        let (one, other): (Option<A>, Option<B>) = (context.get(0)?, context.get(1)?);
        one.zip(other)
            .map(|(one, other)| call(one, other))
            .transpose()
    })
}

/// Registers a function of three arguments. It returns NULL if an argument is NULL.
fn ternary<A: FromSql, B: FromSql, C: FromSql, R: ToSql>(
    connection: &Connection,
    name: &str,
    call: impl Fn(A, B, C) -> Result<R> + Send + Sync + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, 3, PURE, move |context| {
        let (one, two): (Option<A>, Option<B>) = (context.get(0)?, context.get(1)?);
        let three: Option<C> = context.get(2)?;
        let all = one.zip(two).zip(three);
        all.map(|((one, two), three)| call(one, two, three))
            .transpose()
    })
}
