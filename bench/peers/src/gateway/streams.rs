//! Long results over HTTP, read as fast as they come or not at all.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Response, StatusCode};

use super::Program;
use super::client::Client;

pub const NDJSON: &str = "application/x-ndjson";
pub const ARROW: &str = "application/vnd.apache.arrow.stream";

/// What a stream has cost, and what it had.
pub struct Read {
    pub cpu: Duration,
    pub bytes: u64,
    pub lines: u64,
}

/// Reads a result to its end.
pub async fn read(gateway: &Program, sql: &str, format: &str) -> Read {
    let cpu = gateway.cpu();
    let mut client = Client::open(gateway.address()).await;
    let mut body = begin(&mut client, sql, format).await.into_body();
    let (mut bytes, mut lines) = (0, 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.expect("the whole result");
        let chunk = frame.data_ref().expect("no trailers");
        bytes += chunk.len() as u64;
        lines += chunk.iter().filter(|&&byte| byte == b'\n').count() as u64;
    }
    Read {
        cpu: gateway.cpu() - cpu,
        bytes,
        lines,
    }
}

/// Begins a result. The caller reads it in pieces, and ends it by dropping the client.
pub async fn begin(client: &mut Client, sql: &str, format: &str) -> Response<Incoming> {
    let body = serde_json::json!({ "sql": sql }).to_string();
    let response = client.post("/v1/query", format, body).await;
    assert_eq!(response.status(), StatusCode::OK);
    response
}
