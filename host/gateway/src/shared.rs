//! What all requests to a gateway share.

use std::ops::Deref;
use std::sync::Arc;

use crate::allowed_names::AllowedNames;
use crate::caller::CallerAuthentication;
use crate::databases::{Database, Databases};
use crate::execution::{Failure, Lease, Limits, Sessions};
use crate::metrics::{Counters, GatewayMetrics};

/// What all requests to a gateway share. Cheap to clone: the state of the routers.
#[derive(Clone)]
pub(crate) struct Shared(Arc<State>);

pub(crate) struct State {
    pub(crate) databases: Databases,
    pub(crate) authentication: CallerAuthentication,
    pub(crate) sessions: Sessions,
    pub(crate) allowed_names: AllowedNames,
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(state))
    }

    /// Borrows a connection to a database, for one request.
    pub(crate) async fn lease(&self, database: &Database) -> Result<Lease, Failure> {
        Lease::of_pool(&database.pool, &self.limits, &self.counters).await
    }

    pub(crate) fn metrics(&self) -> GatewayMetrics {
        self.counters.read(self.sessions.count())
    }
}

impl Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}
