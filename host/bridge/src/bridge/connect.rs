//! [`Bridge::connect`](crate::Bridge::connect): runs the stages, and retries a refused login once.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{Instrument, Span, debug_span, field};

use super::stages::{Connecting, Resolved};
use super::{Inner, cluster};
use crate::error::Error;
use crate::mysql::Connection;

/// The tracing target of the span of a connection and of the spans of its stages. Log filters use it, and the
/// function's log collects the times of the stages by it, so it does not depend on the module of the code.
pub(crate) const STAGES: &str = "rds_bridge::bridge::connect";

/// Connects and logs in, before `end` if there is one: to the endpoint, or if that fails to another server of its
/// cluster.
pub(crate) async fn connect(
    bridge: &Arc<Inner>,
    end: Option<Instant>,
) -> Result<Connection, Error> {
    match &bridge.cluster {
        // On the heap, so that the future of a bridge without one stays small.
        Some(cluster) => Box::pin(cluster::connect(bridge, cluster, end)).await,
        None => directly(bridge, end).await,
    }
}

/// Connects to the endpoint and logs in.
pub(super) async fn directly(
    bridge: &Arc<Inner>,
    end: Option<Instant>,
) -> Result<Connection, Error> {
    let connecting = Connecting::begin(bridge, end).await?;
    run(connecting, None).await
}

/// Connects to an address that is known, and logs in.
pub(crate) async fn connect_to(
    bridge: &Arc<Inner>,
    address: SocketAddr,
) -> Result<Connection, Error> {
    run(Connecting::without_lookup(bridge, None), Some(address)).await
}

async fn run(connecting: Connecting, address: Option<SocketAddr>) -> Result<Connection, Error> {
    let host = &connecting.bridge().endpoint.host;
    let span = debug_span!(target: STAGES, "connect", %host, user = field::Empty);
    let own_span = span.clone();
    let stages = async {
        let ready = connecting.load_credentials().await?;
        let resolved = match address {
            Some(address) => ready.with_addresses(vec![address]),
            None => ready.resolve().await?,
        };
        let refusal = match log_in(resolved.clone(), &own_span).await {
            Err(error) => error,
            logged_in => return logged_in,
        };
        let reloaded = resolved.reload_credentials(refusal).await?;
        // The refused login has used the caller's turn.
        reloaded.second_turn().await?;
        log_in(reloaded, &own_span).await
    };
    stages.instrument(span).await
}

/// Opens a new connection: a server closes the connection on which it refuses a login.
async fn log_in(resolved: Resolved, span: &Span) -> Result<Connection, Error> {
    span.record("user", resolved.user());
    let greeted = resolved.connect().await?.read_initial_handshake().await?;
    let established = greeted.start_tls().await?;
    established.log_in().await?.set_up().await
}
