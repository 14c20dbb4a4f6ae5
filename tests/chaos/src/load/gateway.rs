//! Requests to the gateway. Every second one has an idempotency key, and is repeated until its outcome is known.

use std::io;
use std::net::SocketAddr;

use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::http::{of_read, of_write, to_read, to_write};
use super::{Client, PATIENCE, PAUSE_AFTER_FAILURE};
use crate::ledger::{Line, Outcome, Read, Told};

/// How often a request with a key is sent at most.
const ATTEMPTS: u32 = 20;
/// The most connections of the gateway.
pub(crate) const POOL: usize = 10;
/// The gateway's own limit on statements, in seconds. It ends before the client's patience.
pub(crate) const STATEMENT_TIMEOUT: u64 = 6;

/// A worker's way to the gateway: a connection for each request.
pub(crate) struct Requests {
    gateway: SocketAddr,
}

impl Requests {
    pub(crate) fn new(gateway: SocketAddr) -> Self {
        Self { gateway }
    }

    /// Sends a request once.
    async fn send(&self, line: Line, has_key: bool) -> Told {
        let key = format!("Idempotency-Key: {}\r\n", line.0);
        let (path, body) = to_write(line);
        let headers = if has_key { key.as_str() } else { "" };
        match timeout(PATIENCE, post(self.gateway, path, headers, &body)).await {
            Ok(Ok((status, body))) => of_write(line, status, &body),
            Ok(Err(error)) => Told::error(true, error),
            Err(_) => Told::error(true, "no answer in time"),
        }
    }
}

impl Client for Requests {
    async fn write(&mut self, line: Line) -> Told {
        let has_key = line.0 & 2 == 2;
        let mut told = self.send(line, has_key).await;
        let mut attempts = 1_u32;
        let mut is_unknown = told.outcome == Outcome::Unknown;
        while has_key && told.outcome != Outcome::Confirmed && attempts < ATTEMPTS {
            sleep(PAUSE_AFTER_FAILURE).await;
            attempts = attempts.saturating_add(1);
            told = self.send(line, has_key).await;
            is_unknown |= told.outcome == Outcome::Unknown;
        }
        // An attempt that failed says nothing about an earlier one.
        if is_unknown && told.outcome == Outcome::Failed {
            told.outcome = Outcome::Unknown;
        }
        told
    }

    async fn read(&mut self, line: Line) -> Read {
        let (path, body) = to_read(line);
        match timeout(PATIENCE, post(self.gateway, path, "", &body)).await {
            Ok(Ok((status, body))) => of_read(line, status, &body),
            Ok(Err(error)) => Read::Error(error.to_string()),
            Err(_) => Read::Error("no answer in time".to_owned()),
        }
    }
}

/// Posts JSON. Returns the status and the whole body.
async fn post(
    gateway: SocketAddr,
    path: &str,
    headers: &str,
    body: &Json,
) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(gateway).await?;
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: {gateway}\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let cut_off = || io::Error::other("the answer is cut off");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_off)?;
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    Ok((status.ok_or_else(cut_off)?, body.to_owned()))
}
