//! The gateway's own dialect: a statement, or several in a transaction, and their rows in the format that the client
//! accepts. `openapi.json` describes it.

mod accept;
mod authentication;
mod batch;
mod body;
mod cause;
mod compression;
mod error;
mod idempotency;
mod openapi;
mod parameters;
mod request;
mod rows;
mod status;

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use rds_bridge::error::Chain;
use tracing::warn;

use crate::access::Grant;
use crate::caller::Caller;
use crate::execution::{Failure, Lease};
use crate::http::{DatabaseTime, Guard, Refused, StreamEnd, authenticate_as, guarded};
use crate::shared::Shared;
use crate::statistics::StatementLabel;
use accept::{Format, negotiate, offered};
use authentication::Authenticated;
use batch::{Shape, Work};
pub(crate) use body::BrokenOff;
use body::{Next as NextPiece, Pieces, RowsBody};
use compression::Encoded;
use error::ApiError;
use idempotency::{Answer, Identity, once};
use openapi::OPENAPI;
use request::{BatchRequest, QueryRequest};
use rows::Written;

const QUERY: &str = "/v1/query";
const BATCH: &str = "/v1/batch";

/// The routes of the dialect.
pub(crate) fn routes(shared: &Shared) -> Router<Shared> {
    let statements = Router::new()
        .route(QUERY, post(query))
        .route(BATCH, post(execute_batch));
    guarded(statements, shared, GUARD)
        .layer(from_fn(only_post))
        // It is the same for all callers: web pages may read it.
        .route("/v1/openapi.json", get(openapi))
        .route("/v1/{*path}", any(async || ApiError::no_route()))
}

const GUARD: Guard = Guard {
    refusal,
    authenticate: authenticate_as::<Authenticated>,
};

/// How the dialect says that a request was refused before it reached a route.
pub(crate) fn refusal(refused: &Refused) -> Response {
    ApiError::from(*refused).into_response()
}

/// A failure outside of the dialect, in its form.
pub(crate) fn failure(failure: &Failure) -> Response {
    ApiError::of_statement(failure).into_response()
}

async fn only_post(request: Request, next: Next) -> Response {
    if request.method() == Method::POST {
        next.run(request).await
    } else {
        ApiError::method_not_allowed().into_response()
    }
}

async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

async fn query(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let began = Instant::now();
    let mut label = None;
    let answered = answer_query(&shared, &caller, &headers, &body, &mut label).await;
    respond(answered, caller, label, began)
}

async fn execute_batch(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let began = Instant::now();
    let mut label = None;
    let answered = answer_batch(&shared, &caller, &headers, &body, &mut label).await;
    respond(answered, caller, label, began)
}

/// The response, with what the log and `Server-Timing` say of the request.
fn respond(
    answered: Result<Response, ApiError>,
    caller: Caller,
    label: Option<StatementLabel>,
    began: Instant,
) -> Response {
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    let extensions = response.extensions_mut();
    extensions.insert(caller);
    extensions.insert(DatabaseTime(began.elapsed()));
    if let Some(label) = label {
        extensions.insert(label);
    }
    response
}

async fn answer_query(
    shared: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
    label: &mut Option<StatementLabel>,
) -> Result<Response, ApiError> {
    let format = negotiate(headers).ok_or_else(|| ApiError::not_acceptable(&offered()))?;
    let request = QueryRequest::read(body)?;
    let identity = Identity {
        caller,
        path: QUERY,
        format,
        body,
    };
    let once = once(headers, shared.idempotency_table.as_ref(), &identity)?;
    let grant = grant(shared, caller, request.database.as_deref())?;
    let statement = request.statement.granted(&grant)?;
    *label = Some(StatementLabel::of(&statement.sql));
    if once.is_some() {
        batch::check_with_key(&statement)?;
    }
    let mut lease = lease(shared, caller, &grant).await?;
    if once.is_some() {
        let work = Work {
            statements: &[statement],
            shape: Shape::One(format),
            once: once.as_ref(),
        };
        let answer = batch::execute(&mut lease, &work).await;
        drop(lease);
        return whole_answer(headers, format, answer).await;
    }
    let has_time_limit = lease.time_limit().exists();
    let mut pieces = Pieces::new(has_time_limit, |pieces| {
        rows::send(lease, statement, format, pieces)
    });
    // Until the first piece, the response can become an error.
    match poll_fn(|cx| pieces.poll_next(cx)).await {
        // The only piece.
        NextPiece::Piece(whole) if format == Format::Json => Ok(whole_json(headers, whole).await),
        NextPiece::Piece(first) => {
            let open = shared.counters.open_request();
            let gzip = compression::Stream::accepted_by(headers);
            let is_compressed = gzip.is_some();
            let end = StreamEnd::default();
            let body = RowsBody::new(first, pieces, gzip, open, end.clone());
            let mut response = streamed(format, is_compressed, Body::new(body));
            response.extensions_mut().insert(end);
            Ok(response)
        }
        NextPiece::End(Ok(Written::Rows)) => Ok(streamed(format, false, Body::empty())),
        NextPiece::End(Ok(Written::Summary)) => {
            Ok((StatusCode::NO_CONTENT, NO_STORE).into_response())
        }
        NextPiece::End(Err(cut_off)) => Err(cut_off.error),
    }
}

fn streamed(format: Format, is_compressed: bool, body: Body) -> Response {
    let content_type = [
        (CONTENT_TYPE, format.content_type()),
        (VARY, "accept-encoding"),
    ];
    let mut response = (content_type, NO_STORE, body).into_response();
    if is_compressed {
        let gzip = HeaderValue::from_static("gzip");
        response.headers_mut().insert(CONTENT_ENCODING, gzip);
    }
    response
}

async fn answer_batch(
    shared: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
    label: &mut Option<StatementLabel>,
) -> Result<Response, ApiError> {
    if !accept::allows_json(headers) {
        return Err(ApiError::not_acceptable("application/json"));
    }
    let request = BatchRequest::read(body)?;
    let identity = Identity {
        caller,
        path: BATCH,
        format: Format::Json,
        body,
    };
    let once = once(headers, shared.idempotency_table.as_ref(), &identity)?;
    let grant = grant(shared, caller, request.database.as_deref())?;
    let statements = request.granted(&grant)?;
    let texts = statements.iter().map(|it| it.sql.as_str());
    *label = Some(StatementLabel::of_batch(texts));
    batch::check(&statements)?;
    let mut lease = lease(shared, caller, &grant).await?;
    let work = Work {
        statements: &statements,
        shape: Shape::Results,
        once: once.as_ref(),
    };
    let answer = batch::execute(&mut lease, &work).await;
    drop(lease);
    whole_answer(headers, Format::Json, answer).await
}

/// The response with the answer of a transaction.
async fn whole_answer(
    headers: &HeaderMap,
    format: Format,
    answer: Result<Answer, ApiError>,
) -> Result<Response, ApiError> {
    let answer = answer?;
    let mut response = match (answer.status, format) {
        (StatusCode::NO_CONTENT, _) => (StatusCode::NO_CONTENT, NO_STORE).into_response(),
        (_, Format::Json) => whole_json(headers, answer.body.into()).await,
        (_, format) => {
            let content_type = [(CONTENT_TYPE, format.content_type())];
            (content_type, NO_STORE, answer.body).into_response()
        }
    };
    if answer.is_repeated {
        let headers = response.headers_mut();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Of a response that an earlier request has had already.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

async fn whole_json(headers: &HeaderMap, body: Bytes) -> Response {
    let content_type = [
        (CONTENT_TYPE, Format::Json.content_type()),
        (VARY, "accept-encoding"),
    ];
    match compression::encode(headers, body).await {
        Encoded::Plain(body) => (content_type, NO_STORE, body).into_response(),
        Encoded::Gzip(body) => {
            let encoding = [(CONTENT_ENCODING, "gzip")];
            (content_type, encoding, NO_STORE, body).into_response()
        }
    }
}

/// The rows are for one caller, and no cache on the path may keep them.
const NO_STORE: [(HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// The caller's grant for the database with this name, or its first one.
fn grant(shared: &Shared, caller: &Caller, database: Option<&str>) -> Result<Arc<Grant>, ApiError> {
    let grant = shared.grant(caller, database);
    grant.map_err(|denied| ApiError::denied(&denied))
}

/// Borrows a connection.
async fn lease(shared: &Shared, caller: &Caller, grant: &Arc<Grant>) -> Result<Lease, ApiError> {
    let request = shared.admit_request(caller, grant);
    let request = request.map_err(|failure| ApiError::before_statement(&failure))?;
    let leased = shared.lease(grant, request).await;
    leased.map_err(|failure| {
        if let Failure::Database(error) = &failure {
            warn!(error = %Chain(error), "no connection to the database");
        }
        ApiError::before_statement(&failure)
    })
}
