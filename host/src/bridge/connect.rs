//! [`Bridge::connect`](crate::Bridge::connect): the stages, one after the other.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{Instrument, Span, debug_span, field};

use super::Inner;
use super::causes;
use super::stages::{Connecting, Resolved};
use crate::error::Error;
use crate::mysql::Connection;

/// The target of the span of a connection and of its stages, wherever their code is: filters name it, and the function's
/// log takes the times of the stages from it.
pub(crate) const STAGES: &str = "rds_bridge::bridge::connect";

/// Makes a connection and logs in, before `end` if there is one.
pub(crate) async fn connect(
    bridge: &Arc<Inner>,
    end: Option<Instant>,
) -> Result<Connection, Error> {
    let connecting = Connecting::begin(bridge, end).await?;
    connect_with(connecting, None).await
}

/// The same, to an address that is known.
pub(crate) async fn connect_to(
    bridge: &Arc<Inner>,
    address: SocketAddr,
) -> Result<Connection, Error> {
    connect_with(Connecting::to_the_same(bridge, None), Some(address)).await
}

async fn connect_with(
    connecting: Connecting,
    address: Option<SocketAddr>,
) -> Result<Connection, Error> {
    let bridge = Arc::clone(connecting.bridge());
    let span =
        debug_span!(target: STAGES, "connect", host = %bridge.endpoint.host, user = field::Empty);
    let own_span = span.clone();
    let connecting = async {
        let proven = connecting.find_credentials().await?;
        let resolved = match address {
            Some(address) => proven.at(vec![address]),
            None => proven.look_up().await?,
        };
        let refused = match log_in(&resolved, &own_span).await {
            Err(error) => error,
            done => return done,
        };
        let another = resolved.with_another_proof(refused).await?;
        log_in(&another, &own_span).await
    };
    let connection = connecting.instrument(span).await;
    connection.map_err(|error| causes::attach(error, &bridge))
}

/// Makes a connection of its own for each try: a server closes the one that it has refused.
async fn log_in(resolved: &Resolved, span: &Span) -> Result<Connection, Error> {
    span.record("user", resolved.user());
    let reached = resolved.clone().reach().await?;
    let secured = reached.secure().await?;
    secured.authenticate().await?.prepare().await
}
