//! Whole results: one row, at most one, or all of them.

use super::{Connection, Transport};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::from_row::FromRow;
use crate::protocol::ok_packet::Summary;
use crate::protocol::params::IntoParams;

impl<S: Transport> Connection<S> {
    /// Executes a statement and reads its reply to the end. Rows are discarded. Returns the summary of the last result:
    /// the number of affected rows, the last insert id and the number of warnings.
    ///
    /// # Errors
    ///
    /// As [`Self::query_with`].
    pub async fn execute<'p>(
        &mut self,
        sql: &str,
        params: impl IntoParams<'p>,
    ) -> Result<Summary, Error> {
        self.query_with(sql, params).await?.finish().await
    }

    /// Executes a query and returns its one row.
    ///
    /// ```no_run
    /// # async fn name(mut connection: rds_bridge::mysql::Connection) -> Result<(), rds_bridge::Error> {
    /// let sql = "SELECT name FROM items WHERE id = ?";
    /// let (name,): (String,) = connection.query_one(sql, (7,)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Self::query_with`]. [`ErrorKind::NoRow`] and [`ErrorKind::MoreRows`], if the first result has not exactly
    /// one row; the server has executed the statement all the same. [`ErrorKind::Value`], if `T` cannot be read from
    /// the row.
    pub async fn query_one<'p, T: for<'r> FromRow<'r>>(
        &mut self,
        sql: &str,
        params: impl IntoParams<'p>,
    ) -> Result<T, Error> {
        let row = self.query_optional(sql, params).await?;
        row.ok_or_else(|| Error::new(Stage::Rows, ErrorKind::NoRow))
    }

    /// Executes a query and returns its one row, or `None` if it has no row.
    ///
    /// # Errors
    ///
    /// As [`Self::query_one`], without [`ErrorKind::NoRow`].
    pub async fn query_optional<'p, T: for<'r> FromRow<'r>>(
        &mut self,
        sql: &str,
        params: impl IntoParams<'p>,
    ) -> Result<Option<T>, Error> {
        let mut rows = self.query_with(sql, params).await?;
        let row = rows.next_as::<T>().await?;
        if rows.next().await?.is_some() {
            return Err(Error::new(Stage::Rows, ErrorKind::MoreRows));
        }
        rows.finish().await?;
        Ok(row)
    }

    /// Executes a query and returns all of its rows. For a result that is larger than memory, use [`Self::query_with`]:
    /// its rows stream.
    ///
    /// # Errors
    ///
    /// As [`Self::query_with`]; [`ErrorKind::Value`], if `T` cannot be read from a row.
    pub async fn query_all<'p, T: for<'r> FromRow<'r>>(
        &mut self,
        sql: &str,
        params: impl IntoParams<'p>,
    ) -> Result<Vec<T>, Error> {
        let mut rows = self.query_with(sql, params).await?;
        let mut all = Vec::new();
        while let Some(row) = rows.next_as::<T>().await? {
            all.push(row);
        }
        rows.finish().await?;
        Ok(all)
    }

    /// Executes a statement once for each set of parameters. It is prepared once, and each execution takes a round
    /// trip. Returns a summary for each set.
    ///
    /// The batch is no transaction: what was executed before a failure stays. Begin a [`Self::transaction`] for all or
    /// nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::query_with`], for the first set that fails: [`Error::parameter_set`] is its index. No later set is
    /// executed.
    pub async fn execute_batch<'p, P: IntoParams<'p>>(
        &mut self,
        sql: &str,
        sets: impl IntoIterator<Item = P>,
    ) -> Result<Vec<Summary>, Error> {
        let mut summaries = Vec::new();
        for (index, params) in sets.into_iter().enumerate() {
            let executed = self.execute(sql, params).await;
            summaries.push(executed.map_err(|error| error.with_parameter_set(index))?);
        }
        Ok(summaries)
    }
}
