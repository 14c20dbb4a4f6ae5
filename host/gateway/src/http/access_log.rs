//! The access log, and what a response says of the time it took.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::counted_request::{CountedRequest, KnownCaller, StreamEnd};
use crate::metrics::Counters;
use crate::shared::Shared;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// An extension of a response: the time from the moment at which a connection was asked for to the end of the result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseTime(pub(crate) Duration);

/// Logs and counts a request when it was answered: its route, status, caller, cause of failure and duration; neither SQL,
/// nor values, nor credentials. The caller and the others are extensions of the response. A stream is counted at its end.
pub(crate) async fn log_access(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let caller = KnownCaller::default();
    request.extensions_mut().insert(caller.clone());
    let _open = shared.counters.open_request();
    let mut counted = CountedRequest::begin(shared.clone(), route, caller);
    let mut response = next.run(request).await;
    counted.answered(&response);
    let (elapsed, database) = (counted.elapsed(), counted.database());
    Counters::add(match response.status().as_u16() {
        200..400 => &shared.counters.answered,
        _ => &shared.counters.refused,
    });
    match response.extensions_mut().remove::<StreamEnd>() {
        Some(stream) => stream.hold(counted),
        None => drop(counted),
    }
    let timing = server_timing(elapsed, database);
    if let Ok(timing) = HeaderValue::from_str(&timing) {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Source: W3C, "Server Timing". Durations are milliseconds.
fn server_timing(total: Duration, database: Option<Duration>) -> String {
    let milliseconds = |it: Duration| it.as_secs_f64() * 1000.0;
    let total = format!("total;dur={:.3}", milliseconds(total));
    match database {
        Some(database) => format!("db;dur={:.3}, {total}", milliseconds(database)),
        None => total,
    }
}
