//! HTTP connections: accepting them, and ending them in order.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

use crate::caller::Peer;
use crate::http::lend_body;
use crate::tls::{Established, Tls};

/// How long to wait before accepting again, when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a request's head may take, and how long a connection may be idle.
const HEAD_LIMIT: Duration = Duration::from_secs(75);
const CONCURRENT_CONNECTIONS: usize = 1000;
/// How many requests one connection of HTTP/2 may have at the same time.
const CONCURRENT_STREAMS: u32 = 100;
/// The headers of a request of HTTP/2.
const HEADER_BYTES: u32 = 64 << 10;

/// Accepts connections until the server drains, then waits for those that it has accepted.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
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
            (Ok((stream, address)), permit) => {
                let connection = Connection {
                    stream,
                    address: address.ip(),
                    routes: routes.clone(),
                    draining: draining.clone(),
                };
                let tls = tls.clone();
                connections.spawn(async move {
                    connection.serve(tls.as_deref()).await;
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

/// A connection that was accepted.
struct Connection {
    stream: TcpStream,
    address: IpAddr,
    routes: Router,
    draining: watch::Receiver<bool>,
}

impl Connection {
    /// Serves its requests. A request is dropped when its client disconnects.
    async fn serve(self, tls: Option<&Tls>) {
        let Self {
            stream,
            address,
            routes,
            draining,
        } = self;
        // Small replies are sent at once. It fails only for a connection that has ended.
        let _set = stream.set_nodelay(true);
        let Some(tls) = tls else {
            let peer = Peer {
                address: Some(address),
                names: Arc::default(),
            };
            return serve_http_1(TokioIo::new(stream), requests(routes, peer), draining).await;
        };
        let Some(established) = tls.establish(stream, address).await else {
            return;
        };
        let Established {
            stream,
            peer,
            is_http_2,
        } = established;
        let (stream, requests) = (TokioIo::new(stream), requests(routes, peer));
        if is_http_2 {
            serve_http_2(stream, requests, draining).await;
        } else {
            serve_http_1(stream, requests, draining).await;
        }
    }
}

type Response = axum::response::Response;
type Request = hyper::Request<Incoming>;

/// Answers the requests of a connection, each of which has the peer as an extension. A response is sent after the rest
/// of the request's body.
fn requests(
    routes: Router,
    peer: Peer,
) -> impl Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send + 'static>
{
    let routes = TowerToHyperService::new(routes);
    service_fn(move |request: Request| {
        let (mut request, unread) = lend_body(request);
        request.extensions_mut().insert(peer.clone());
        let answering = routes.call(request);
        async move {
            let response = answering.await;
            unread.discard().await;
            response
        }
    })
}

async fn serve_http_1<S>(
    stream: impl Read + Write + Unpin + 'static,
    requests: S,
    mut draining: watch::Receiver<bool>,
) where
    S: Service<Request, Response = Response, Error = std::convert::Infallible>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT);
    let mut connection = pin!(http.serve_connection(stream, requests));
    tokio::select! {
        _ended = connection.as_mut() => return,
        _ = draining.wait_for(|is_draining| *is_draining) => {}
    }
    connection.as_mut().graceful_shutdown();
    // A client that disconnects concerns nothing else.
    let _ended = connection.await;
}

async fn serve_http_2<S>(
    stream: impl Read + Write + Unpin + 'static,
    requests: S,
    mut draining: watch::Receiver<bool>,
) where
    S: Service<
            Request,
            Response = Response,
            Error = std::convert::Infallible,
            Future: Send + 'static,
        >,
{
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(CONCURRENT_STREAMS)
        .max_header_list_size(HEADER_BYTES)
        // A client that has vanished without a word is noticed.
        .keep_alive_interval(HEAD_LIMIT)
        .keep_alive_timeout(HEAD_LIMIT);
    let activity = Arc::new(Activity::default());
    let counting = Arc::clone(&activity);
    let requests = service_fn(move |request: Request| {
        let open = counting.begin();
        let answer = requests.call(request);
        async move {
            let answer = answer.await;
            drop(open);
            answer
        }
    });
    let mut connection = pin!(http.serve_connection(stream, requests));
    tokio::select! {
        _ended = connection.as_mut() => return,
        _ = draining.wait_for(|is_draining| *is_draining) => {}
        () = activity.idle() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ended = connection.await;
}

/// The requests of a connection, by which an idle one is noticed.
#[derive(Default)]
struct Activity {
    open: AtomicUsize,
    begun: AtomicUsize,
}

struct Open(Arc<Activity>);

impl Activity {
    fn begin(self: &Arc<Self>) -> Open {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(self))
    }

    /// Ends when there was no request for [`HEAD_LIMIT`].
    async fn idle(&self) {
        let mut before = self.begun.load(Ordering::Relaxed);
        loop {
            sleep(HEAD_LIMIT).await;
            let begun = self.begun.load(Ordering::Relaxed);
            if begun == before && self.open.load(Ordering::Relaxed) == 0 {
                return;
            }
            before = begun;
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
