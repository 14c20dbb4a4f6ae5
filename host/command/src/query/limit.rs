//! `--limit`: the largest number of rows that is written of each result.

use crate::error::Error;
use rds_bridge::mysql::Connection;

/// Makes the server send at most one row more than the limit, which shows that there are more. This applies to `SELECT`
/// without `LIMIT`, and not within procedures (MySQL Reference Manual, "Server System Variables").
pub(super) async fn set(connection: &mut Connection, limit: u64) -> Result<(), Error> {
    let sent = limit.saturating_add(1);
    let sql = format!("SET SESSION sql_select_limit = {sent}");
    connection.execute(&sql, ()).await?;
    Ok(())
}

/// Counts the rows of a result up to the limit.
#[derive(Debug)]
pub(super) struct Limit {
    rows: Option<u64>,
    left: u64,
    is_exceeded: bool,
}

impl Limit {
    pub(super) fn new(rows: Option<u64>) -> Self {
        Self {
            rows,
            left: 0,
            is_exceeded: false,
        }
    }

    /// Begins the next result.
    pub(super) fn begin(&mut self) {
        self.left = self.rows.unwrap_or(u64::MAX);
    }

    /// Whether another row may be written.
    #[inline]
    pub(super) fn take(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.is_exceeded = true;
                false
            }
        }
    }

    /// What to say if a result had more rows.
    pub(super) fn message(&self) -> Option<String> {
        let rows = self.rows.filter(|_| self.is_exceeded)?;
        Some(format!(
            "the result has more rows: --limit {rows} was reached"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_result_has_the_limit() {
        let mut limit = Limit::new(Some(2));
        for _ in 0..2 {
            limit.begin();
            assert!(limit.take() && limit.take());
            assert_eq!(limit.message(), None);
        }
        assert!(!limit.take());
        assert_eq!(
            limit.message().unwrap(),
            "the result has more rows: --limit 2 was reached"
        );
        let mut unlimited = Limit::new(None);
        unlimited.begin();
        assert!(unlimited.take());
    }
}
