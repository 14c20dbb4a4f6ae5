//! HTTP connections: accepting them, and ending them in order.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

/// How long to wait before accepting again, when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a request's head may take, and how long a connection may be idle.
const HEAD_LIMIT: Duration = Duration::from_secs(75);
const CONCURRENT_CONNECTIONS: usize = 1000;
/// Accepts connections until the server drains, then waits for those that it has accepted.
pub(crate) async fn accept(
    listener: TcpListener,
    routes: Router,
    mut draining: watch::Receiver<bool>,
) {
    let permits = Arc::new(Semaphore::new(CONCURRENT_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepting = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (listener.accept().await, permit)
        };
        let accepted = tokio::select! {
            accepted = accepting => accepted,
            _ = draining.wait_for(|is_draining| *is_draining) => break,
        };
        match accepted {
            (Ok((stream, _)), permit) => {
                let serving = serve(stream, routes.clone(), draining.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(permit);
                });
            }
            (Err(error), _) => {
                warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves a connection. A request is dropped when its client disconnects.
async fn serve(stream: TcpStream, routes: Router, mut draining: watch::Receiver<bool>) {
    // Small replies are sent at once. It fails only for a connection that has ended.
    let _set = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT);
    let service = TowerToHyperService::new(routes);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ended = connection.as_mut() => return,
        _ = draining.wait_for(|is_draining| *is_draining) => {}
    }
    connection.as_mut().graceful_shutdown();
    // A client that disconnects concerns nothing else.
    let _ended = connection.await;
}
