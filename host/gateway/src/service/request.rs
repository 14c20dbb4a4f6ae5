//! A request, and what the program that received it knows of it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use tokio::time::Instant;

use crate::caller::{Caller, Peer};
use crate::execution::Deadline;

/// A request for a [`GatewayService`](super::GatewayService), with its whole body.
pub struct GatewayRequest {
    request: Request<Bytes>,
    deadline: Option<Deadline>,
}

impl GatewayRequest {
    /// A request that authenticates itself, without a deadline.
    #[must_use]
    pub fn new(request: Request<Bytes>) -> Self {
        let deadline = None;
        Self { request, deadline }
    }

    /// The program has authenticated this caller. `/v1` accepts it in place of credentials; clients of the other
    /// dialects always send their own.
    #[must_use]
    pub fn of_caller(mut self, name: &str) -> Self {
        self.request.extensions_mut().insert(Caller::named(name));
        self
    }

    /// The request comes from this address. Callers that guess keys are slowed down by their address; without it, they
    /// are not.
    #[must_use]
    pub fn from_address(mut self, address: IpAddr) -> Self {
        let peer = Peer {
            address: Some(address),
            ..Peer::default()
        };
        self.request.extensions_mut().insert(peer);
        self
    }

    /// The work for the request must end at this time. The gateway then kills its statement, which may take the time of
    /// `grace`, and answers with an error that says what is known of the statement.
    #[must_use]
    pub fn ending_at(mut self, at: Instant, grace: Duration) -> Self {
        self.deadline = Some(Deadline { at, grace });
        self
    }

    pub(super) fn into_parts(self) -> (Request<Body>, Option<Deadline>) {
        (self.request.map(Body::from), self.deadline)
    }
}

/// Without headers and body, which contain credentials and values.
impl fmt::Debug for GatewayRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, deadline } = self;
        f.debug_struct("GatewayRequest")
            .field("path", &request.uri().path())
            .field("deadline", deadline)
            .finish_non_exhaustive()
    }
}
