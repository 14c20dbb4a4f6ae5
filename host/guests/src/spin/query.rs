//! A query of a guest of Spin, whose rows it gets all at once.

use rds_bridge::mysql::Param;

use super::bindings::fermyon::spin::rdbms_types::RowSet;
use super::values;
use crate::bindings::rds::mysql::types::{Error as GuestError, Rule};
use crate::session::Session;
use crate::values::{check_exact, check_names, held as held_bytes};

/// The most bytes that a result takes, which is held whole.
const MAX_HELD_BYTES: usize = 64 << 20;

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
    let mut lent = session.lent()?;
    grant.allows(sql, lent.has_backslash_escapes()?)?;
    let _place = grant.request()?;
    let mut time = grant.time;
    let read = lent.run(&mut time, async |connection| {
        let rows = match params.is_empty() {
            true => connection.query(sql).await,
            false => connection.query_with(sql, params).await,
        };
        let mut rows = rows.map_err(|error| session.failed(&error))?;
        check_exact(&rows)?;
        check_names(rows.columns())?;
        let columns = values::columns(rows.columns());
        let (mut set, mut count, mut bytes, mut held) = (Vec::new(), 0_u64, 0_u64, 0_usize);
        while let Some(row) = rows.next().await.map_err(|error| session.failed(&error))? {
            count = count.saturating_add(1);
            let length = u64::try_from(row.encoded_length()).unwrap_or(u64::MAX);
            bytes = bytes.saturating_add(length);
            held = held.saturating_add(held_bytes(&row));
            if count > grant.max_rows {
                return Err(GuestError::NotPermitted(Rule::Rows));
            }
            if bytes > grant.max_bytes || held > MAX_HELD_BYTES {
                return Err(GuestError::NotPermitted(Rule::ResultSize));
            }
            set.push(values::row(&row, &columns)?);
        }
        let finished = rows.finish().await;
        finished.map_err(|error| session.failed(&error))?;
        Ok(RowSet { columns, rows: set })
    });
    let read = read.await;
    if let Err(GuestError::NotPermitted(Rule::Rows | Rule::ResultSize) | GuestError::Value(_)) =
        read
    {
        // The rest is not read: the server need not send it.
        lent.abandon();
    }
    read
}
