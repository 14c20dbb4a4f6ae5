//! HTTP connections: accepting them, and ending them in order.

mod activity;
mod flushed;
mod own_wakes;

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Version};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::caller::Peer;
use crate::http::lend_body;
use crate::source_limit::{OpenPlace, SourceLimit};
use crate::tls::{Established, Tls};
use activity::Activity;
use flushed::{Flushed, FlushedBody, Flushes};
use own_wakes::with_own_wakes;

/// How long to wait before accepting again, when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a request's head may take, and how long a connection may be idle.
const HEAD_LIMIT: Duration = Duration::from_secs(75);
/// How long the head of a connection's first request may take. A proxy in front of the gateway may open connections in
/// advance, and has limits of its own.
const FIRST_HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How many requests one connection of HTTP/2 may have at the same time.
const CONCURRENT_STREAMS: u32 = 100;
/// The headers of a request of HTTP/2.
const HEADER_BYTES: u32 = 64 << 10;

/// The limits on connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// Further connections wait.
    pub(crate) in_all: usize,
    /// Further connections are closed.
    pub(crate) per_source: usize,
    /// Whether all connections are those of a trusted proxy.
    pub(crate) is_behind_proxy: bool,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            in_all: 1000,
            per_source: 250,
            is_behind_proxy: false,
        }
    }
}

impl ConnectionLimits {
    /// Limits the connections of each source. `None` behind a proxy, whose address all connections have.
    fn of_sources(self) -> Option<Arc<SourceLimit>> {
        // A semaphore limits them in all.
        (!self.is_behind_proxy).then(|| SourceLimit::new(usize::MAX, self.per_source))
    }

    fn first_head(self) -> Duration {
        if self.is_behind_proxy {
            HEAD_LIMIT
        } else {
            FIRST_HEAD_LIMIT
        }
    }
}

/// Accepts connections until the server drains, then waits for those that it has accepted.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    routes: Router,
    mut draining: watch::Receiver<bool>,
    limits: ConnectionLimits,
) {
    let permits = Arc::new(Semaphore::new(limits.in_all.min(Semaphore::MAX_PERMITS)));
    let sources = limits.of_sources();
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
            (Ok((stream, address)), Ok(permit)) => {
                let address = address.ip();
                let Some(place) = enter(sources.as_ref(), address) else {
                    debug!(%address, "closed a connection: this address has too many");
                    continue;
                };
                let connection = Connection {
                    stream,
                    address,
                    routes: routes.clone(),
                    draining: draining.clone(),
                    first_head: limits.first_head(),
                    _counted: (permit, place),
                };
                let tls = tls.clone();
                connections.spawn(with_own_wakes(async move {
                    connection.serve(tls.as_deref()).await;
                }));
            }
            (Err(error), _) => {
                warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
            // The semaphore is never closed.
            (Ok(_), Err(_)) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Counts a connection of a source. `None` if it has too many.
fn enter(sources: Option<&Arc<SourceLimit>>, address: IpAddr) -> Option<Option<OpenPlace>> {
    match sources {
        Some(sources) => sources.enter(address).map(Some),
        None => Some(None),
    }
}

/// A connection that was accepted.
struct Connection {
    stream: TcpStream,
    address: IpAddr,
    routes: Router,
    draining: watch::Receiver<bool>,
    first_head: Duration,
    /// Its places among all connections, and among those of its source.
    _counted: (OwnedSemaphorePermit, Option<OpenPlace>),
}

impl Connection {
    /// Serves its requests. A request is dropped when its client disconnects.
    async fn serve(self, tls: Option<&Tls>) {
        let Self {
            stream,
            address,
            routes,
            draining,
            first_head,
            _counted,
        } = self;
        // Small replies are sent at once. It fails only for a connection that has ended.
        let _set = stream.set_nodelay(true);
        let activity = Arc::new(Activity::new(first_head));
        let flushes = Arc::new(Flushes::default());
        let requests = |peer| requests(routes, peer, Arc::clone(&activity), Arc::clone(&flushes));
        let Some(tls) = tls else {
            let peer = Peer {
                address: Some(address),
                certificate: None,
            };
            let requests = requests(peer);
            let stream = TokioIo::new(Flushed::new(stream, flushes));
            return serve_http_1(stream, requests, draining, &activity).await;
        };
        let Some(established) = tls.establish(stream, address).await else {
            return;
        };
        let Established {
            stream,
            peer,
            is_http_2,
        } = established;
        let requests = requests(peer);
        let stream = TokioIo::new(Flushed::new(stream, flushes));
        if is_http_2 {
            serve_http_2(stream, requests, draining, &activity).await;
        } else {
            serve_http_1(stream, requests, draining, &activity).await;
        }
    }
}

type Response = hyper::Response<FlushedBody>;
type Request = hyper::Request<Incoming>;

/// Answers the requests of a connection, each of which has the peer as an extension. A response is sent after the rest
/// of the request's body. The connection ends after a response if its certificate no longer authenticates: the client
/// may have another one.
fn requests(
    routes: Router,
    peer: Peer,
    activity: Arc<Activity>,
    flushes: Arc<Flushes>,
) -> impl Service<Request, Response = Response, Error = std::convert::Infallible, Future: Send + 'static>
{
    let routes = TowerToHyperService::new(routes);
    service_fn(move |request: Request| {
        let open = activity.begin();
        let is_http_1 = request.version() < Version::HTTP_2;
        let (mut request, unread) = lend_body(request);
        request.extensions_mut().insert(peer.clone());
        let certificate = peer.certificate.clone();
        let answering = routes.call(request);
        let flushes = Arc::clone(&flushes);
        async move {
            let response: Result<axum::response::Response, _> = answering.await;
            let mut response = response.map(|it| it.map(|body| FlushedBody::new(body, flushes)));
            unread.discard().await;
            if certificate.is_some_and(|it| !it.is_valid(SystemTime::now())) {
                open.end_connection();
                if let Ok(response) = response.as_mut()
                    && is_http_1
                {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
            }
            response
        }
    })
}

async fn serve_http_1<S>(
    stream: impl Read + Write + Unpin + 'static,
    requests: S,
    mut draining: watch::Receiver<bool>,
    activity: &Activity,
) where
    S: Service<Request, Response = Response, Error = std::convert::Infallible>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT);
    let mut connection = pin!(http.serve_connection(stream, requests));
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = activity.unused() => return,
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
    activity: &Activity,
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
    let mut connection = pin!(http.serve_connection(stream, requests));
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = activity.unused() => return,
        _ = draining.wait_for(|is_draining| *is_draining) => {}
        () = activity.idle(HEAD_LIMIT) => {}
        () = activity.ended() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ended = connection.await;
}
