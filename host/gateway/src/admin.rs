//! The admin address: health checks and metrics, over HTTP.
//!
//! | request | answer |
//! |---|---|
//! | `GET /live` | 200 while the process works |
//! | `GET /ready` | 200 if a connection to each database can be had, else 503 |
//! | `GET /metrics` | the metrics in the text format of Prometheus |
//! | `POST /quitquitquit` | 200, and the gateway drains; 403 unless the admin address is a loopback address |
//! | `GET /` | a page with the gateway's state, for a browser; `GET /status.json` has its numbers |
//!
//! Each answers 403 to a request with the header `Origin`, and 421 if `Host` has a name that is not the gateway's.

mod labelled_metrics;
mod status;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue, ORIGIN};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rds_bridge_access::is_loopback;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::connections::{ConnectionLimits, accept};
use crate::gateway::Health;
use crate::metrics::write_prometheus;
use labelled_metrics::write_labelled;
use status::Page;

/// How long the result of a check answers `/ready`, so that frequent checks take no connections from requests.
const READINESS_AGE: Duration = Duration::from_secs(5);
/// How long a check may take.
const READINESS_LIMIT: Duration = Duration::from_secs(10);

/// Serves the admin address until it is dropped.
pub struct Admin {
    address: SocketAddr,
    checks: Arc<Checks>,
    _draining: watch::Sender<bool>,
    _task: JoinSet<()>,
}

struct Checks {
    health: Health,
    /// Whether only programs on this machine reach the address.
    is_local: bool,
    quit: Notify,
    readiness: Mutex<Option<Readiness>>,
}

/// The result of the last check.
struct Readiness {
    at: Instant,
    problem: Option<String>,
}

impl Admin {
    /// Serves `listener`, in a task of the current runtime. Its answers contain the names of databases, callers and
    /// statements, numbers, and no secrets.
    ///
    /// # Errors
    ///
    /// The system's error from `getsockname`.
    pub fn start(listener: TcpListener, health: Health) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let checks = Arc::new(Checks {
            health,
            is_local: is_loopback(address.ip()),
            quit: Notify::new(),
            readiness: Mutex::new(None),
        });
        let page = Page::new();
        let routes = Router::new()
            .route("/live", get(async || "ok\n"))
            .route("/ready", get(ready))
            .route("/metrics", get(metrics))
            .route("/", get(async move || page.clone()))
            .route("/status.json", get(numbers))
            .route("/quitquitquit", post(quit))
            .layer(from_fn_with_state(Arc::clone(&checks), refuse_pages))
            .with_state(Arc::clone(&checks));
        let (draining, is_draining) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(accept(
            listener,
            None,
            routes,
            is_draining,
            ConnectionLimits::default(),
        ));
        Ok(Self {
            address,
            checks,
            _draining: draining,
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
        self.checks.quit.notified().await;
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Refuses the requests of web pages. Browsers mark those to another origin with `Origin`; a page whose own name was
/// rebound to this machine names itself in `Host`.
async fn refuse_pages(State(checks): State<Arc<Checks>>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(ORIGIN) {
        return (
            StatusCode::FORBIDDEN,
            "requests from web pages are refused\n",
        )
            .into_response();
    }
    let allowed_names = &checks.health.shared().allowed_names;
    if !allowed_names.allow_admin(&request) {
        return (StatusCode::MISDIRECTED_REQUEST, MISDIRECTED).into_response();
    }
    let mut response = next.run(request).await;
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

const MISDIRECTED: &str = "the header Host names another server. In Host, use the IP address, localhost, or a name of \
                           --allow-host\n";

async fn ready(State(checks): State<Arc<Checks>>) -> Response {
    if checks.health.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    // In a task of its own: a client that hangs up must abandon neither the check nor its result.
    let checking = tokio::spawn(async move { checks.problem().await });
    match checking.await {
        Ok(None) => "ok\n".into_response(),
        Ok(Some(problem)) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")).into_response()
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the check failed\n").into_response(),
    }
}

async fn quit(State(checks): State<Arc<Checks>>) -> Response {
    if !checks.is_local {
        return (
            StatusCode::FORBIDDEN,
            "this request is allowed only if the admin address is a loopback \
                                        address\n",
        )
            .into_response();
    }
    checks.quit.notify_one();
    "draining\n".into_response()
}

async fn metrics(State(checks): State<Arc<Checks>>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _written = write_prometheus(&mut text, &checks.health.metrics());
    let _written = write_labelled(&mut text, checks.health.shared());
    text
}

async fn numbers(State(checks): State<Arc<Checks>>) -> Response {
    status::status(&checks.health)
}

impl Checks {
    /// Why requests would fail, or the last answer if it is recent.
    async fn problem(&self) -> Option<String> {
        // One check at a time; the others wait for its result.
        let mut last = self.readiness.lock().await;
        if let Some(readiness) = last.as_ref().filter(|it| it.at.elapsed() < READINESS_AGE) {
            return readiness.problem.clone();
        }
        let problem = match timeout(READINESS_LIMIT, self.health.check()).await {
            Ok(Ok(())) => None,
            Ok(Err((name, error))) => Some(format!("{name}: {error}")),
            Err(_) => Some(format!(
                "no connection within {} s",
                READINESS_LIMIT.as_secs()
            )),
        };
        *last = Some(Readiness {
            at: Instant::now(),
            problem: problem.clone(),
        });
        problem
    }
}
