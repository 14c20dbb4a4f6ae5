//! The admin address: health checks, metrics and shutdown, over HTTP.
//!
//! | request | answer |
//! |---|---|
//! | `GET /startup` | 200 once the proxy accepts clients |
//! | `GET /liveness` | 200 while the process works |
//! | `GET /readiness` | 200 if a login to each database succeeds and another client would be accepted, else 503 |
//! | `GET /metrics` | the metrics in the text format of Prometheus |
//! | `POST /quitquitquit` | 200, and the proxy drains; 403 unless the client is on this machine |

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, ORIGIN};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use crate::listen::{ACCEPT_PAUSE, canonical};
use crate::proxy::Health;

/// How long the result of a login answers `/readiness`, so that frequent checks do not use up the rate of logins.
const READINESS_AGE: Duration = Duration::from_secs(5);
/// How long a check may take. Kubernetes waits for one second by default, and the next check has the result.
const READINESS_LIMIT: Duration = Duration::from_secs(10);
/// How long a request's head may take.
const HEAD_LIMIT: Duration = Duration::from_secs(5);
const CONCURRENT_CONNECTIONS: usize = 64;

type Answer = Response<Full<Bytes>>;

/// Serves the admin address until it is dropped.
#[derive(Debug)]
pub struct Admin {
    address: SocketAddr,
    state: Arc<State>,
    _task: JoinSet<()>,
}

struct State {
    proxies: Vec<Health>,
    quit: Notify,
    readiness: Mutex<Option<Readiness>>,
}

/// The result of the last logins.
#[derive(Clone)]
struct Readiness {
    at: Instant,
    problem: Option<String>,
}

impl Admin {
    /// Serves `listener`, in a task of the current runtime. Its answers contain the endpoints' names and the numbers of
    /// clients, and no secrets.
    ///
    /// # Errors
    ///
    /// The system's error from `getsockname`.
    pub fn start(
        listener: TcpListener,
        proxies: impl IntoIterator<Item = Health>,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            proxies: proxies.into_iter().collect(),
            quit: Notify::new(),
            readiness: Mutex::new(None),
        });
        let mut task = JoinSet::new();
        task.spawn(serve(listener, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            _task: task,
        })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until `/quitquitquit` is requested.
    pub async fn quit_requested(&self) {
        self.state.quit.notified().await;
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let permits = Arc::new(Semaphore::new(CONCURRENT_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, client)) => {
                let is_local = canonical(client).ip().is_loopback();
                let state = Arc::clone(&state);
                connections.spawn(async move {
                    serve_connection(stream, state, is_local).await;
                    drop(permit);
                });
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection to the admin address");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, state: Arc<State>, is_local: bool) {
    let quits = AtomicBool::new(false);
    let service = service_fn(|request: Request<Incoming>| {
        let (state, quits) = (Arc::clone(&state), &quits);
        async move { Ok::<_, Infallible>(state.answer(&request, is_local, quits).await) }
    });
    let mut http = http1::Builder::new();
    let http = http
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT);
    // A client that disconnects concerns nothing else.
    let _ended = http.serve_connection(TokioIo::new(stream), service).await;
    // Not before the answer is written: without clients, the process ends at once.
    if quits.load(Ordering::Relaxed) {
        state.quit.notify_one();
    }
}

impl State {
    /// Answers a request. `quits` is set if the connection's end is to stop the proxy.
    async fn answer(
        self: &Arc<Self>,
        request: &Request<Incoming>,
        is_local: bool,
        quits: &AtomicBool,
    ) -> Answer {
        let (method, path) = (request.method(), request.uri().path());
        // Browsers send it with a request of a page. No page may stop the proxy of a person who looks at it.
        if request.headers().contains_key(ORIGIN) {
            return text(
                StatusCode::FORBIDDEN,
                "requests from web pages (with an Origin header) are refused\n",
            );
        }
        let allowed = match path {
            "/startup" | "/liveness" | "/readiness" | "/metrics" => Method::GET,
            "/quitquitquit" => Method::POST,
            _ => return text(StatusCode::NOT_FOUND, "not found\n"),
        };
        if *method != allowed && !(allowed == Method::GET && *method == Method::HEAD) {
            return method_not_allowed(&allowed);
        }
        match path {
            "/readiness" => match self.readiness().await {
                None => text(StatusCode::OK, "ok\n"),
                Some(problem) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")),
            },
            "/metrics" => text(StatusCode::OK, self.metrics()),
            "/quitquitquit" if !is_local => text(
                StatusCode::FORBIDDEN,
                "this request is allowed only from the proxy's own machine\n",
            ),
            "/quitquitquit" => {
                quits.store(true, Ordering::Relaxed);
                let mut answer = text(StatusCode::OK, "draining\n");
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(CONNECTION, close);
                answer
            }
            _ => text(StatusCode::OK, "ok\n"),
        }
    }

    fn metrics(&self) -> String {
        let mut text = String::new();
        let databases = self.proxies.iter().map(|it| (it.name(), it.metrics()));
        // Writing to a string does not fail.
        let _written = crate::metrics::write_prometheus(&mut text, &databases.collect::<Vec<_>>());
        text
    }

    /// The reason why clients would not be served, if there is one.
    async fn readiness(self: &Arc<Self>) -> Option<String> {
        if let Some(problem) = self.proxies.iter().find_map(Health::refuses) {
            return Some(problem);
        }
        // In a task of its own: a client that hangs up must abandon neither the login nor its result.
        let checking = tokio::spawn(Arc::clone(self).log_in());
        let failed = |_| Some("the readiness check failed: see the proxy's log".to_owned());
        checking.await.unwrap_or_else(failed)
    }

    /// The result of logging in to each database, or the last one if it is recent.
    async fn log_in(self: Arc<Self>) -> Option<String> {
        // One check at a time; the others wait for its result.
        let mut last = self.readiness.lock().await;
        if let Some(readiness) = last.as_ref().filter(|it| it.at.elapsed() < READINESS_AGE) {
            return readiness.problem.clone();
        }
        let checked = timeout(READINESS_LIMIT, check(&self.proxies)).await;
        let late = |_| {
            Some(format!(
                "the proxy could not log in to the database within {} s",
                READINESS_LIMIT.as_secs()
            ))
        };
        let problem = checked.unwrap_or_else(late);
        *last = Some(Readiness {
            at: Instant::now(),
            problem: problem.clone(),
        });
        problem
    }
}

async fn check(proxies: &[Health]) -> Option<String> {
    for proxy in proxies {
        if let Err(error) = proxy.check().await {
            return Some(format!("{}: {error}", proxy.name()));
        }
    }
    None
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn method_not_allowed(allowed: &Method) -> Answer {
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
    if let Ok(value) = HeaderValue::from_str(allowed.as_str()) {
        answer.headers_mut().insert(ALLOW, value);
    }
    answer
}
