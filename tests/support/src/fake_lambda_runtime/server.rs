//! The HTTP side of the fake: one thread serves all connections.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderMap;
use hyper::{Method, Request};
use serde_json::json;
use tokio::sync::oneshot;

use super::Start;
use super::outcome::{FunctionError, Outcome, Response};
use super::state::{Event, State};
use crate::http_server;

/// The largest response that is not a stream: 6 MB, and 100 bytes for the envelope.
const MAX_PAYLOAD_SIZE: usize = 6 * 1024 * 1024 + 100;
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

type HttpResponse = hyper::Response<Full<Bytes>>;

/// Serves until `stopped` resolves, then closes all connections.
pub(super) fn serve(listener: TcpListener, state: Arc<State>, stopped: oneshot::Receiver<()>) {
    http_server::serve(listener, stopped, move |request| {
        answer(Arc::clone(&state), request)
    });
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<HttpResponse, Infallible> {
    let path = request.uri().path().to_owned();
    let path: Vec<&str> = path.split('/').collect();
    let method = request.method().clone();
    let response = match (method, path.as_slice()) {
        (Method::GET, ["", "2018-06-01", "runtime", "invocation", "next"]) => next(&state).await,
        (Method::POST, ["", "2018-06-01", "runtime", "invocation", id, what]) => {
            match (*what, state.is_awaited(id)) {
                ("response", true) => take_response(&state, id, request).await,
                ("error", true) => take_error(&state, id, request).await,
                ("response" | "error", false) => {
                    refuse(400, "InvalidRequestID", "Invalid request ID")
                }
                _ => refuse(404, "NotFound", "there is no such path"),
            }
        }
        (Method::POST, ["", "2018-06-01", "runtime", "init", "error"]) => {
            let type_header = header(request.headers(), ERROR_TYPE);
            let body = Received::from(request).await.body;
            state.set_start(Start::InitError(FunctionError::from_body(
                &body,
                type_header,
            )));
            accept()
        }
        _ => refuse(404, "NotFound", "there is no such path"),
    };
    Ok(response)
}

async fn next(state: &Arc<State>) -> HttpResponse {
    let Event {
        request_id,
        body,
        timeout,
    } = state.next_event().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let deadline = now.saturating_add(timeout).as_millis();
    let (watched, late) = (Arc::clone(state), request_id.clone());
    tokio::spawn(async move {
        tokio::time::sleep(timeout).await;
        watched.end(&late, Outcome::TimedOut);
    });
    // As unique as the request id, unless a test repeats it.
    let root = if state.repeats_trace_id.load(Ordering::Relaxed) {
        "0123456789ab"
    } else {
        request_id.rsplit('-').next().unwrap_or_default()
    };
    hyper::Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", &request_id)
        .header("Lambda-Runtime-Deadline-Ms", deadline.to_string())
        .header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:items",
        )
        .header(
            "Lambda-Runtime-Trace-Id",
            format!("Root=1-5bef4de7-ad49b0e87f6e{root};Parent=9a9197af755a6419;Sampled=1"),
        )
        .body(Full::from(body))
        .unwrap()
}

async fn take_response(state: &State, id: &str, request: Request<Incoming>) -> HttpResponse {
    let headers = request.headers().clone();
    let is_streamed = match header(&headers, RESPONSE_MODE).as_deref() {
        Some("streaming") => true,
        None => false,
        Some(_) => {
            let error = FunctionError::new("Runtime.InvalidResponseModeHeader", "");
            state.end(id, Outcome::Error(error));
            let message = "Invalid function response mode";
            return refuse(400, "InvalidFunctionResponseMode", message);
        }
    };
    let received = Received::from(request).await;
    if !is_streamed && received.body.len() > MAX_PAYLOAD_SIZE {
        let size = format!("payload size ({MAX_PAYLOAD_SIZE} bytes).");
        let message = format!("Response payload size exceeded maximum allowed {size}");
        let error = FunctionError::new("Function.ResponseSizeTooLarge", &message);
        state.end(id, Outcome::Error(error));
        let message = format!("Exceeded maximum allowed {size}");
        return refuse(413, "RequestEntityTooLarge", &message);
    }
    let is_whole = received.is_whole;
    let response = Response {
        headers: headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        is_streamed,
        is_whole,
        error: received.error(),
        body: received.body,
    };
    state.end(id, Outcome::Response(response));
    if is_whole {
        accept()
    } else {
        let message = "HTTP request detected as truncated";
        refuse(400, "TruncatedHTTPRequest", message)
    }
}

async fn take_error(state: &State, id: &str, request: Request<Incoming>) -> HttpResponse {
    let type_header = header(request.headers(), ERROR_TYPE);
    let body = Received::from(request).await.body;
    let error = FunctionError::from_body(&body, type_header);
    state.end(id, Outcome::Error(error));
    accept()
}

/// A request's body, as far as it arrived.
struct Received {
    body: Vec<u8>,
    trailers: HeaderMap,
    is_whole: bool,
}

impl Received {
    async fn from(request: Request<Incoming>) -> Self {
        let mut frames = request.into_body();
        let mut received = Self {
            body: Vec::new(),
            trailers: HeaderMap::new(),
            is_whole: true,
        };
        while let Some(frame) = frames.frame().await {
            let Ok(frame) = frame else {
                received.is_whole = false;
                break;
            };
            match frame.into_data() {
                Ok(data) => received.body.extend(data),
                Err(frame) => received.trailers = frame.into_trailers().unwrap_or_default(),
            }
        }
        received
    }

    /// The error in the trailers, if there is one. The body trailer is the JSON of other errors, in base64.
    fn error(&self) -> Option<FunctionError> {
        let type_header = header(&self.trailers, ERROR_TYPE)?;
        let body = header(&self.trailers, ERROR_BODY).unwrap_or_default();
        let body = STANDARD.decode(body).unwrap_or_default();
        Some(FunctionError::from_body(&body, Some(type_header)))
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn accept() -> HttpResponse {
    respond(202, &json!({"status": "OK"}))
}

fn refuse(status: u16, error_type: &str, message: &str) -> HttpResponse {
    let body = json!({"errorMessage": message, "errorType": error_type});
    respond(status, &body)
}

fn respond(status: u16, body: &serde_json::Value) -> HttpResponse {
    hyper::Response::builder()
        .status(status)
        .header("Content-Type", "application/json")
        .body(Full::from(body.to_string()))
        .unwrap()
}
