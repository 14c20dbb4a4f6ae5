//! What a load balancer reads in responses: which instance has answered, and whether it is about to end.

use axum::extract::{Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::shared::Shared;

/// The name of the instance, with which the tokens of its sessions begin.
const INSTANCE: HeaderName = HeaderName::from_static("rds-bridge-instance");

/// Names the instance in a response. While the gateway drains, the response is the last of its connection.
pub(crate) async fn name_instance(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(instance) = HeaderValue::from_str(shared.sessions.instance()) {
        headers.insert(INSTANCE, instance);
    }
    if shared.sessions.refuses_new() {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
