//! [`GatewayService`]: answers requests, however they were received.

mod answer;
mod dialect;
mod request;

use std::fmt;
use std::net::IpAddr;

use axum::Router;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use rds_bridge::pool::PoolMetrics;
use tower_service::Service;

use crate::caller::{Keys, Peer};
use crate::databases::Database;
use crate::execution::RowCount;
use crate::http::{guarded, in_trace, log_access, name_instance};
use crate::metrics::GatewayMetrics;
use crate::shared::Shared;
use crate::{data_api, planetscale, v1};

pub use answer::{Answer, AnswerBody, BrokenOff};
pub use dialect::Dialect;
pub use request::GatewayRequest;

/// Answers requests in all dialects, without a listener. Cheap to clone.
///
/// [`GatewayBuilder::service`](crate::GatewayBuilder::service) makes one for a program that receives requests in its own
/// way.
#[derive(Clone)]
pub struct GatewayService {
    pub(crate) shared: Shared,
    /// What a listener serves.
    pub(crate) routes: Router,
}

impl GatewayService {
    pub(crate) fn new(shared: Shared) -> Self {
        Self {
            routes: routes(&shared),
            shared,
        }
    }

    /// Answers a request. An error is an answer too, in the form of the request's dialect. If this future, or the
    /// answer's body, is dropped before its end, the gateway kills the statement.
    pub async fn answer(&self, request: GatewayRequest) -> Answer {
        let (request, deadline) = request.into_parts();
        let rows = RowCount::default();
        let answering = rows.clone().scope(self.routes.clone().call(request));
        let answered = match deadline {
            Some(deadline) => deadline.scope(answering).await,
            None => answering.await,
        };
        match answered {
            Ok(response) => Answer {
                rows,
                ..response.into()
            },
            Err(never) => match never {},
        }
    }

    /// The name of the caller whose Basic credentials or bearer token are in the headers; `None` if they are not valid,
    /// or if the address has guessed keys and must wait.
    pub async fn authenticate(
        &self,
        headers: HeaderMap,
        address: Option<IpAddr>,
    ) -> Option<String> {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.headers = headers;
        parts.extensions.insert(Peer {
            address,
            certificate: None,
        });
        let caller = self.shared.admit(&parts, Keys::caller).await.ok()?;
        Some(caller.name().to_owned())
    }

    /// The current numbers of each pool of connections.
    pub fn pools(&self) -> impl Iterator<Item = PoolMetrics> {
        let databases = self.shared.databases.iter();
        databases
            .flat_map(Database::open_pools)
            .map(|it| it.metrics)
    }

    /// The current numbers.
    #[must_use]
    pub fn metrics(&self) -> GatewayMetrics {
        self.shared.metrics()
    }
}

/// The routes of all dialects.
fn routes(shared: &Shared) -> Router {
    let planetscale = guarded(planetscale::router(), shared, planetscale::GUARD);
    let data_api = guarded(data_api::router(), shared, data_api::GUARD);
    let log = from_fn_with_state(shared.clone(), log_access);
    planetscale
        .merge(data_api)
        .merge(v1::routes(shared))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(log)
        .layer(from_fn_with_state(shared.clone(), name_instance))
        .layer(from_fn(in_trace))
        .with_state(shared.clone())
}

impl fmt::Debug for GatewayService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayService")
            .field("databases", &self.shared.databases)
            .finish_non_exhaustive()
    }
}
