//! The errors of requests with an idempotency key.

use axum::http::StatusCode;
use tracing::warn;

use crate::v1::error::{ApiError, SERVER_LOST, Type};

impl ApiError {
    /// A statement that would commit the key before it was executed. It was not executed.
    pub(in crate::v1) fn not_with_key() -> Self {
        let message = "the statement may commit implicitly, which is not allowed with an Idempotency-Key header";
        Self::new(StatusCode::BAD_REQUEST, Type::Statement, message)
            .with_hint("send the statement without the header")
    }

    /// Another request with the key has not ended.
    pub(in crate::v1) fn key_in_progress() -> Self {
        let message = "another request with this Idempotency-Key is still being executed";
        Self::new(StatusCode::CONFLICT, Type::IdempotencyKey, message)
            .with_hint("repeat the request later: the gateway executes it only once")
    }

    /// The key was used before, for another request.
    pub(in crate::v1) fn key_of_another_request() -> Self {
        let message = "this Idempotency-Key was used for another request: nothing was executed";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            Type::IdempotencyKey,
            message,
        )
        .with_hint("use a new key for each request")
    }

    /// A procedure has committed the key, but not the answer.
    pub(in crate::v1) fn key_of_unfinished_request() -> Self {
        let message = "a statement of the request with this Idempotency-Key committed the transaction, or changed the \
                       table of keys, so it is unknown what was executed";
        Self::new(StatusCode::FAILED_DEPENDENCY, Type::UnknownOutcome, message)
            .with_hint("check what was executed, and do not call procedures that commit")
    }

    /// The answer cannot be stored, and everything is rolled back.
    pub(in crate::v1) fn answer_too_large_for_key(limit: usize) -> Self {
        let message = format!(
            "the result is larger than {limit} bytes, so it cannot be stored with its Idempotency-Key: everything was \
             rolled back"
        );
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            Type::ResultTooLarge,
            message,
        )
        .with_hint("select fewer rows, or send the request without the header")
    }

    /// The gateway cannot use its table of keys. Nothing was executed.
    pub(in crate::v1) fn unusable_key_table(table: &str, code: u16) -> Self {
        warn!(table, code, "the table of idempotency keys cannot be used");
        let message = "the gateway cannot use its table of idempotency keys: nothing was executed";
        Self::new(StatusCode::BAD_GATEWAY, Type::Settings, message)
            .with_code(code)
            .with_hint(
                "create the table as docs/gateway.md shows, and grant SELECT, INSERT and UPDATE",
            )
    }

    /// A request with a key can be repeated, whatever has become of it.
    pub(in crate::v1) fn of_request_with_key(self) -> Self {
        match self.kind() {
            Type::UnknownOutcome if self.code() == SERVER_LOST => self
                .with_hint("repeat the request with the same Idempotency-Key: the gateway executes it only once"),
            _ => self,
        }
    }
}
