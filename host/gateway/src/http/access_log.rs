//! The access log, and what a response says of the time it took.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::info;

use crate::caller::Caller;
use crate::metrics::Counters;
use crate::shared::Shared;
use crate::statistics::{Answered, Cause, StatementLabel};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// An extension of a response: the time from the moment at which a connection was asked for to the end of the result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseTime(pub(crate) Duration);

/// Logs and counts a request when it was answered: its route, status, caller, cause of failure and duration; neither SQL,
/// nor values, nor credentials. The caller and the others are extensions of the response.
pub(crate) async fn log_access(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let _open = shared.counters.open_request();
    let mut response = next.run(request).await;
    let elapsed = began.elapsed();
    let extensions = response.extensions();
    let database = extensions.get::<DatabaseTime>().map(|it| it.0);
    let caller = extensions.get::<Caller>().cloned();
    let statement = extensions.get::<StatementLabel>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    let status = response.status();
    let cause = extensions.get::<Cause>().copied();
    let cause = cause.or((status.as_u16() >= 400).then_some(Cause::Status(status.as_u16())));
    shared.statistics.record(&Answered {
        caller: caller.as_ref().map(Caller::name),
        statement: statement.as_ref(),
        cause,
        elapsed,
    });
    info!(
        target: "rds_bridge_gateway::access",
        route,
        status = status.as_u16(),
        caller = caller.as_ref().map(Caller::name),
        statement = statement.as_ref().map(StatementLabel::digest),
        cause = cause.map(tracing::field::display),
        elapsed_us = micros(elapsed),
        database_us = database.map(micros),
        "request"
    );
    Counters::add(match status.as_u16() {
        200..400 => &shared.counters.answered,
        _ => &shared.counters.refused,
    });
    let timing = server_timing(elapsed, database);
    if let Ok(timing) = HeaderValue::from_str(&timing) {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

fn micros(duration: Duration) -> u64 {
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
