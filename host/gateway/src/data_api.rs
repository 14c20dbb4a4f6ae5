//! The dialect of the RDS Data API, which the AWS SDKs speak.
//!
//! The shapes are those of the service model `rds-data` 2018-08-01, in the protocol restJson1:
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/Welcome.html>

mod batch;
mod bindings;
mod column_metadata;
mod error;
mod execute;
mod field;
mod formatted_records;
mod in_transaction;
mod parameter;
mod place;
mod records;
mod refusal;
mod requests;
mod responses;
mod transaction;

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::execution::Failure;
use crate::http::{DatabaseTime, Guard, KnownCaller, Refused, read_object};
use crate::shared::Shared;
use crate::statistics::StatementLabel;
use error::ApiError;
use requests::Sql;

/// The service that requests are signed for.
const SERVICE: &str = "rds-data";

/// The routes of the dialect.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/Execute", post(execute_statement))
        .route("/BatchExecute", post(batch_execute_statement))
        .route("/BeginTransaction", post(begin_transaction))
        .route("/CommitTransaction", post(commit_transaction))
        .route("/RollbackTransaction", post(roll_back_transaction))
}

/// The checks of its requests.
pub(crate) const GUARD: Guard = Guard {
    refusal,
    authenticate: |shared, parts| {
        Box::pin(async {
            let checked = shared.check_signed_head(parts, SERVICE).await;
            checked.map_err(|refused| ApiError::from(refused).into_response())
        })
    },
};

/// How the dialect says that a request was refused before it reached a route.
pub(crate) fn refusal(refused: &Refused) -> Response {
    ApiError::from(*refused).into_response()
}

/// A failure outside of the dialect, in its form.
pub(crate) fn failure(failure: &Failure) -> Response {
    ApiError::of_statement(failure).into_response()
}

async fn execute_statement(State(shared): State<Shared>, request: Request) -> Response {
    answer(shared, request, execute::execute_statement).await
}

async fn batch_execute_statement(State(shared): State<Shared>, request: Request) -> Response {
    answer(shared, request, batch::batch_execute_statement).await
}

async fn begin_transaction(State(shared): State<Shared>, request: Request) -> Response {
    answer(shared, request, transaction::begin).await
}

async fn commit_transaction(State(shared): State<Shared>, request: Request) -> Response {
    answer(shared, request, transaction::commit).await
}

async fn roll_back_transaction(State(shared): State<Shared>, request: Request) -> Response {
    answer(shared, request, transaction::roll_back).await
}

/// Authenticates a request, reads it, and writes what the operation returns: the JSON of a response, or an error.
async fn answer<I, F>(
    shared: Shared,
    request: Request,
    operation: impl FnOnce(Shared, Caller, I) -> F,
) -> Response
where
    I: DeserializeOwned + Sql,
    F: Future<Output = Result<Json, ApiError>>,
{
    let (parts, body) = request.into_parts();
    // The guards have read it, within their limit.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let caller = match shared.admit_signed(&parts, &body, SERVICE).await {
        Ok(caller) => caller,
        Err(refused) => {
            return ApiError::from(refused).into_response();
        }
    };
    KnownCaller::note(&parts.extensions, &caller);
    let began = Instant::now();
    let mut label = None;
    let outcome = match read_object::<I>(&body) {
        Ok(input) => {
            label = input.sql().map(StatementLabel::of);
            operation(shared, caller.clone(), input).await
        }
        Err(error) => Err(ApiError::unreadable(&error)),
    };
    let mut response = match outcome {
        Ok(json) => json.into_response(),
        Err(error) => error.into_response(),
    };
    let extensions = response.extensions_mut();
    extensions.insert(caller);
    extensions.insert(DatabaseTime(began.elapsed()));
    if let Some(label) = label {
        extensions.insert(label);
    }
    response
}

/// The JSON of a response.
pub(crate) struct Json(Vec<u8>);

impl Json {
    fn of(response: &impl Serialize) -> Result<Self, ApiError> {
        // Fails for types that JSON does not have, which a response does not contain.
        serde_json::to_vec(response)
            .map(Self)
            .map_err(|error| ApiError::internal(&error))
    }
}

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], Body::from(self.0)).into_response()
    }
}
