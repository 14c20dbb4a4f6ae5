//! Executing a request once: its key and its answer are stored by the transaction that executes it.

use axum::http::StatusCode;
use rds_bridge::Error;
use rds_bridge::mysql::{Connection, Transaction};
use rds_bridge_access::TableName;

use super::Fingerprint;
use crate::execution::Failure;
use crate::v1::error::ApiError;

/// The most bytes of an answer that are stored.
const LONGEST_ANSWER: usize = 64 << 10;
/// How long a request waits for another with the same key, in seconds: the least that MySQL knows.
const WAIT: &str = "SET SESSION innodb_lock_wait_timeout = 1";
const WAIT_AS_BEFORE: &str = "SET SESSION innodb_lock_wait_timeout = DEFAULT";
/// Of a key whose request has not stored its answer.
const UNFINISHED: u16 = 0;

/// A request that is executed once.
pub(in crate::v1) struct Once<'t> {
    table: &'t TableName,
    fingerprint: Fingerprint,
}

/// The answer to a request.
#[derive(Debug)]
pub(in crate::v1) struct Answer {
    pub(in crate::v1) status: StatusCode,
    pub(in crate::v1) body: Vec<u8>,
    /// Whether an earlier request has had it.
    pub(in crate::v1) is_repeated: bool,
}

impl<'t> Once<'t> {
    pub(super) fn new(table: &'t TableName, fingerprint: Fingerprint) -> Self {
        Self { table, fingerprint }
    }

    /// Prepares the connection, before the transaction.
    pub(in crate::v1) async fn prepare(&self, connection: &mut Connection) -> Result<(), ApiError> {
        let waited = connection.execute(WAIT, ()).await.map(|_| ());
        waited.map_err(|error| ApiError::before_statement(&error.into()))
    }

    /// Takes the key for this transaction. Returns the stored answer, if an earlier request has the key. Then, and after
    /// an error, nothing may be executed.
    pub(in crate::v1) async fn claim(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Option<Answer>, ApiError> {
        let Fingerprint { id, request } = &self.fingerprint;
        let insert = format!(
            "INSERT INTO {} (id, request, status, body) VALUES (?, ?, {UNFINISHED}, '')",
            self.table
        );
        let values = (id.as_slice(), request.as_slice());
        match transaction.execute(&insert, values).await {
            Ok(_) => {
                let set = transaction.execute(WAIT_AS_BEFORE, ()).await;
                set.map_err(|error| ApiError::before_statement(&error.into()))?;
                Ok(None)
            }
            Err(error) if error.code() == Some(DUPLICATE_KEY) => {
                self.stored(transaction).await.map(Some)
            }
            Err(error) => Err(self.refused(error)),
        }
    }

    /// The answer that an earlier request has stored.
    async fn stored(&self, transaction: &mut Transaction<'_>) -> Result<Answer, ApiError> {
        let Fingerprint { id, request } = &self.fingerprint;
        let select = format!(
            "SELECT request, status, body FROM {} WHERE id = ?",
            self.table
        );
        let found = transaction
            .query_optional::<(Vec<u8>, u16, Vec<u8>)>(&select, (id.as_slice(),))
            .await;
        let found = found.map_err(|error| self.refused(error))?;
        // It was removed meanwhile.
        let (of, status, body) = found.ok_or_else(ApiError::key_in_progress)?;
        if of != *request {
            return Err(ApiError::key_of_another_request());
        }
        if status == UNFINISHED {
            return Err(ApiError::key_of_unfinished_request());
        }
        let status =
            StatusCode::from_u16(status).map_err(|_| ApiError::key_of_unfinished_request())?;
        Ok(Answer {
            status,
            body,
            is_repeated: true,
        })
    }

    /// Stores the answer, before the transaction is committed.
    pub(in crate::v1) async fn store(
        &self,
        transaction: &mut Transaction<'_>,
        answer: &Answer,
    ) -> Result<(), ApiError> {
        if answer.body.len() > LONGEST_ANSWER {
            return Err(ApiError::answer_too_large_for_key(LONGEST_ANSWER));
        }
        let update = format!(
            "UPDATE {} SET status = ?, body = ? WHERE id = ?",
            self.table
        );
        let id = self.fingerprint.id.as_slice();
        let values = (answer.status.as_u16(), answer.body.as_slice(), id);
        let stored = transaction.execute(&update, values).await;
        let stored = stored.map_err(|error| self.refused(error))?;
        // A statement of the request has removed the key.
        match stored.affected_rows {
            1 => Ok(()),
            _ => Err(ApiError::key_of_unfinished_request()),
        }
    }

    /// The server's refusal to read or write the table.
    fn refused(&self, error: Error) -> ApiError {
        match error.code() {
            // A lock: another request with the key has not ended.
            Some(1205 | 1213) => ApiError::key_in_progress(),
            // No table, no column, no privilege.
            Some(code @ (1146 | 1049 | 1054 | 1142 | 1143 | 1044 | 1364 | 1406)) => {
                ApiError::unusable_key_table(&self.table.to_string(), code)
            }
            _ => ApiError::of_statement(&Failure::Database(error)),
        }
    }
}

/// `ER_DUP_ENTRY`
const DUPLICATE_KEY: u16 = 1062;
