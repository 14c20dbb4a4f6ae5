//! Requests to the admin address of a running proxy.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use rds_bridge_proxy::AdminRequest;
use tokio::time::{Instant, sleep, timeout_at};

use super::arguments::{Shutdown, Wait};
use crate::error::Error;
use crate::proxy_error::ProxyError;

/// How often to ask.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(5);

/// Waits until the proxy accepts clients.
pub(super) async fn wait(arguments: &Wait) -> Result<ExitCode, Error> {
    let address = arguments.admin;
    let limit = Duration::from_secs(arguments.timeout);
    let end = Instant::now().checked_add(limit);
    loop {
        let error = match request(AdminRequest::Startup, address).await {
            Ok(200) => return Ok(ExitCode::SUCCESS),
            Ok(status) => ProxyError::AdminStatus(address, status),
            Err(error) => ProxyError::Admin(address, error),
        };
        if end.is_none_or(|end| end <= Instant::now()) {
            return Err(error.into());
        }
        sleep(INTERVAL).await;
    }
}

/// Asks the proxy to drain its connections and exit.
pub(super) async fn shut_down(arguments: &Shutdown) -> Result<ExitCode, Error> {
    let address = arguments.admin;
    match request(AdminRequest::Quit, address).await {
        Ok(200) => Ok(ExitCode::SUCCESS),
        Ok(status) => Err(ProxyError::AdminStatus(address, status).into()),
        Err(error) => Err(ProxyError::Admin(address, error).into()),
    }
}

async fn request(request: AdminRequest, address: SocketAddr) -> io::Result<u16> {
    let end = Instant::now()
        .checked_add(LIMIT)
        .unwrap_or_else(Instant::now);
    let answered = timeout_at(end, request.send(address)).await;
    answered.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
