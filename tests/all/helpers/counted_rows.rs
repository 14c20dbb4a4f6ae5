//! Queries of a number of rows, which are counted.

use rds_bridge::Error;
use rds_bridge::mysql::Connection;

/// A query of so many rows, of 2,187 at most, that no other query is.
pub(crate) fn of_rows(number: usize) -> String {
    format!(
        "SELECT a.id FROM items a, items b, items c, items d, items e, items f, items g LIMIT {number}"
    )
}

/// The number of the rows.
pub(crate) async fn read(connection: &mut Connection, sql: &str) -> Result<u64, Error> {
    let mut rows = connection.query(sql).await?;
    let mut count = 0;
    while rows.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Likewise, where it does not fail.
pub(crate) async fn rows(connection: &mut Connection, sql: &str) -> u64 {
    read(connection, sql).await.unwrap()
}
