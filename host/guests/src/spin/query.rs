//! A query of a guest of Spin, whose rows it gets all at once.

use rds_bridge::mysql::Param;

use super::bindings::fermyon::spin::rdbms_types::RowSet;
use super::values;
use crate::bindings::rds::mysql::types::{Error as GuestError, Rule};
use crate::session::Session;

/// The most bytes of a result, as the server sends them, if the grant has no lower limit. A result is held whole.
const MAX_RESULT_BYTES: u64 = 64 << 20;

/// Executes a statement, and reads its rows.
///
/// # Errors
///
/// `not-permitted`, and those of the server.
pub(super) async fn query(
    session: &Session,
    sql: &str,
    params: &[Param],
) -> Result<RowSet, GuestError> {
    let grant = &session.grant;
    let mut lent = session.lent().await;
    grant.allows(sql, lent.connection()?.has_backslash_escapes())?;
    let _place = grant.request()?;
    let max_bytes = grant.max_bytes.min(MAX_RESULT_BYTES);
    let mut time = grant.time;
    let read = lent.run(&mut time, async |connection| {
        let rows = match params.is_empty() {
            true => connection.query(sql).await,
            false => connection.query_with(sql, params).await,
        };
        let mut rows = rows.map_err(|error| session.failed(&error))?;
        let columns = values::columns(rows.columns());
        let (mut set, mut count, mut bytes) = (Vec::new(), 0_u64, 0_u64);
        while let Some(row) = rows.next().await.map_err(|error| session.failed(&error))? {
            count = count.saturating_add(1);
            let length = u64::try_from(row.encoded_length()).unwrap_or(u64::MAX);
            bytes = bytes.saturating_add(length);
            if count > grant.max_rows {
                return Err(GuestError::NotPermitted(Rule::Rows));
            }
            if bytes > max_bytes {
                return Err(GuestError::NotPermitted(Rule::ResultSize));
            }
            set.push(values::row(&row, &columns)?);
        }
        let finished = rows.finish().await;
        finished.map_err(|error| session.failed(&error))?;
        Ok(RowSet { columns, rows: set })
    });
    let read = read.await;
    if let Err(GuestError::NotPermitted(_)) = read {
        // The rest is not read: the server need not send it.
        lent.abandon();
    }
    read
}
