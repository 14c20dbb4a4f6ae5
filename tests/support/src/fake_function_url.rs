//! A fake of a Lambda Function URL with AuthType `NONE`: turns each HTTP request into an event for a function's process,
//! and its response into one of HTTP.
//!
//! Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs", "Request and response payloads". Lambda also
//! limits the size of both, and encrypts the connection.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::fake_lambda_runtime::Outcome;
use crate::http_server;
use crate::lambda_function::LambdaFunction;

/// The fake, at 127.0.0.1. Dropping it closes all connections.
#[derive(Debug)]
pub struct FakeFunctionUrl {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeFunctionUrl {
    /// Starts the fake for a function.
    #[must_use]
    pub fn start(function: Arc<LambdaFunction>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            http_server::serve(listener, stopped, move |request| {
                answer(Arc::clone(&function), request)
            });
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The host and the port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for FakeFunctionUrl {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

async fn answer(
    function: Arc<LambdaFunction>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let event = event(request).await;
    let invoked = spawn_blocking(move || function.invoke(event.to_string())).await;
    let Outcome::Response(answered) = invoked.unwrap() else {
        // The response to a function error.
        let body = Full::from("Internal Server Error");
        return Ok(Response::builder().status(502).body(body).unwrap());
    };
    let http = answered.http();
    let mut response = Response::builder().status(http.status);
    for (name, value) in &http.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::from(http.body)).unwrap())
}

async fn event(request: Request<Incoming>) -> Value {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut headers = Map::new();
    for name in head.headers.keys() {
        let values = head
            .headers
            .get_all(name)
            .iter()
            .map(|it| it.to_str().unwrap());
        let values: Vec<&str> = values.collect();
        headers.insert(name.as_str().to_owned(), json!(values.join(",")));
    }
    // Lambda's own.
    for (name, value) in [
        (
            "x-amzn-trace-id",
            "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
        ),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-for", "203.0.113.7"),
    ] {
        headers.insert(name.to_owned(), json!(value));
    }
    let kind = headers.get("content-type").and_then(Value::as_str);
    let is_text =
        kind.is_some_and(|kind| kind.starts_with("text/") || kind.starts_with("application/json"));
    let path = head.uri.path();
    let text = match is_text {
        _ if body.is_empty() => None,
        true => Some(String::from_utf8_lossy(&body).into_owned()),
        false => Some(STANDARD.encode(&body)),
    };
    let query = head.uri.query().unwrap_or_default();
    let (method, headers) = (head.method.as_str(), Value::Object(headers));
    request_event(method, path, query, &headers, text.as_deref(), !is_text)
}

/// The event of a request to a Function URL that has authenticated nothing.
#[must_use]
pub fn request_event(
    method: &str,
    path: &str,
    query: &str,
    headers: &Value,
    body: Option<&str>,
    is_base64: bool,
) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abcdefgh",
            "domainName": "abcdefgh.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "abcdefgh",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
            },
            "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
            "routeKey": "$default",
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": is_base64,
    })
}
