//! Who the guests belong to, and what they may do.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rds_bridge_access::Grant;
use tracing::warn;

use crate::databases::Databases;
use crate::granted::Granted;
use crate::tenant_error::TenantError;

/// A tenant of the host: its grants. Their limits hold for all of its guests together. Cheap to clone.
///
/// A store belongs to one tenant ([`RdsCtx::new`](crate::RdsCtx::new)). Guests of different tenants share the pools of
/// [`Databases`], and nothing else: the session is reset before a connection is lent again.
#[derive(Clone)]
pub struct Tenant {
    pub(crate) grants: Arc<HashMap<String, Arc<Granted>>>,
    on_error: Option<OnError>,
}

type OnError = Arc<dyn Fn(&HiddenError<'_>) + Send + Sync>;

/// An error that a guest does not learn, or learns in part.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HiddenError<'a> {
    /// The name of the database.
    pub database: &'a str,
    /// The error: with the stage, the server's message and the likely causes.
    pub error: &'a rds_bridge::Error,
}

impl Tenant {
    /// A tenant with these grants, one for each database.
    ///
    /// A limit that a grant does not set does not apply: the tenant can then use the whole pool. `max_sessions` of a
    /// grant limits the connections that the tenant's guests have open at the same time, including one for each
    /// `catalog.run`. `max_concurrent_requests` limits the statements whose rows have not been read to their end.
    ///
    /// # Errors
    ///
    /// [`TenantError`].
    pub fn new(
        databases: &Databases,
        grants: impl IntoIterator<Item = Grant>,
    ) -> Result<Self, TenantError> {
        let mut prepared = HashMap::new();
        for grant in grants {
            let granted = Arc::new(Granted::new(&grant, databases)?);
            if prepared.insert(grant.database.clone(), granted).is_some() {
                return Err(TenantError::Repeated(grant.database));
            }
        }
        Ok(Self {
            grants: Arc::new(prepared),
            on_error: None,
        })
    }

    /// Calls a function with each error whose details are hidden from the guest: why connecting failed, how a
    /// connection was lost, or a server's message before accounts were removed from it. Without a function, the
    /// errors are logged as warnings.
    #[must_use]
    pub fn on_error(mut self, call: impl Fn(&HiddenError<'_>) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(call));
        self
    }

    pub(crate) fn hide(&self, database: &str, error: &rds_bridge::Error) {
        match &self.on_error {
            Some(call) => call(&HiddenError { database, error }),
            None => warn!(
                database,
                ?error,
                "a guest's call failed; the guest does not see why"
            ),
        }
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant")
            .field("databases", &self.grants.keys())
            .finish_non_exhaustive()
    }
}
