//! Queries with a known number of rows.

use rds_bridge::Error;
use rds_bridge::mysql::Connection;

/// A query with `number` rows, 2,187 at most. Its text is unique to the number.
pub(crate) fn of_rows(number: usize) -> String {
    format!(
        "SELECT a.id FROM items a, items b, items c, items d, items e, items f, items g LIMIT {number}"
    )
}

/// Executes a query and returns the number of its rows.
pub(crate) async fn read(connection: &mut Connection, sql: &str) -> Result<u64, Error> {
    let mut rows = connection.query(sql).await?;
    let mut count = 0;
    while rows.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// As [`read`], for a query that must not fail.
pub(crate) async fn rows(connection: &mut Connection, sql: &str) -> u64 {
    read(connection, sql).await.unwrap()
}
