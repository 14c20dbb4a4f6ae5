//! Another connection to the same server, for a [`CancelHandle`](crate::mysql::CancelHandle).

use std::net::SocketAddr;
use std::sync::Arc;

use super::Inner;
use super::connect::connect_to;
use crate::aws::EndpointKind;
use crate::connection::{Redial, Redialling};

/// A bridge that is not known as such to the connections that it makes.
pub(super) struct SameServer(pub(super) Arc<Inner>);

impl Redial for SameServer {
    fn is_rds_proxy(&self) -> bool {
        self.0.is_rds_proxy()
    }

    fn redial(&self, peer: SocketAddr) -> Redialling<'_> {
        self.0.count_own_connection();
        Box::pin(connect_to(&self.0, peer))
    }
}

impl Inner {
    pub(super) fn is_rds_proxy(&self) -> bool {
        let kind = EndpointKind::of_endpoint(&self.endpoint.host);
        matches!(kind, EndpointKind::Proxy { .. })
    }
}
