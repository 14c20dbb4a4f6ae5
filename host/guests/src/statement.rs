//! Statements of a guest: from its call to its rows.

use std::sync::Arc;

use rds_bridge::mysql::Param;

use crate::bindings::rds::mysql::types;
use crate::bindings::rds::mysql::types::{Error as GuestError, Rule};
use crate::granted::Place;
use crate::rows::Rows;
use crate::session::Session;
use crate::shape::{Contract, Shape};
use crate::values;

/// A statement, and whether it belongs to a transaction of the session.
pub(crate) struct Statement<'s> {
    pub(crate) sql: &'s str,
    pub(crate) params: Vec<Param>,
    pub(crate) in_transaction: bool,
}

/// Executes a statement that the guest has written.
///
/// # Errors
///
/// `not-permitted`, `busy`, and those of the server.
pub(crate) async fn query_own<S: Shape>(
    session: &Arc<Session>,
    statement: Statement<'_>,
) -> Result<Rows<S>, GuestError> {
    let escapes = {
        let mut lent = session.lent()?;
        lent.check_free(statement.in_transaction)?;
        lent.has_backslash_escapes()?
    };
    session.grant.allows(statement.sql, escapes)?;
    let request = session.grant.request()?;
    query(session, statement, request).await
}

/// Executes a statement that is granted and counted.
///
/// # Errors
///
/// As [`query_own`].
pub(crate) async fn query<S: Shape>(
    session: &Arc<Session>,
    statement: Statement<'_>,
    request: Place,
) -> Result<Rows<S>, GuestError> {
    let Statement {
        sql,
        params,
        in_transaction,
    } = statement;
    let mut lent = session.lent()?;
    lent.check_free(in_transaction)?;
    let mut time = session.grant.time;
    let begun = lent.run(&mut time, async |connection| {
        let rows = match params.is_empty() {
            true => connection.query(sql).await,
            false => connection.query_with(sql, &params).await,
        };
        let rows = rows.map_err(|error| session.failed(&error))?;
        values::check_exact(&rows)?;
        let columns = S::columns(rows.columns())?;
        // A statement without a result is over.
        let summary = match rows.summary().is_some() {
            true => Some(
                rows.finish()
                    .await
                    .map_err(|error| session.failed(&error))?,
            ),
            false => None,
        };
        Ok((columns, summary))
    });
    let begun = begun.await;
    if let Err(GuestError::NotPermitted(Rule::ResultSize)) = begun {
        // Its rows are not read: the server need not send them.
        lent.abandon();
    }
    let (columns, summary) = begun?;
    Ok(match summary {
        Some(summary) => Rows::none(columns, values::summary(summary)),
        None => {
            let number = lent.begin_rows();
            Rows::of(session, number, columns, time, request)
        }
    })
}

/// Executes a statement, and passes over its rows.
///
/// # Errors
///
/// As [`query_own`].
pub(crate) async fn execute_own(
    session: &Arc<Session>,
    statement: Statement<'_>,
) -> Result<types::Summary, GuestError> {
    let rows: Rows<Contract> = query_own(session, statement).await?;
    rows.finish().await
}
