//! What a store keeps for its guest.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{HasData, ResourceTable};

use crate::address::Target;
use crate::bindings::rds::mysql::types::Error as GuestError;
use crate::granted::Granted;
#[cfg(feature = "p3")]
use crate::streams::Streams;
use crate::tenant::Tenant;
use crate::waited::Waited;

/// The most handles that a guest may have at the same time, unless [`RdsCtx::max_handles`] says otherwise.
const MAX_HANDLES: usize = 100;
/// The bytes of a batch of rows, unless [`RdsCtx::max_batch_bytes`] says otherwise.
const MAX_BATCH_BYTES: usize = 1 << 20;
/// The bytes of a statement and its parameters, unless [`RdsCtx::max_statement_bytes`] says otherwise.
const MAX_STATEMENT_BYTES: usize = 16 << 20;

/// The state of one store: its tenant, and the handles that its guest has. The function that is passed to
/// [`add_to_linker`](crate::add_to_linker) returns it from the store's data.
///
/// Dropping it, with its store, closes what the guest has open: a statement that is being executed is ended on the
/// server, a transaction is rolled back, and the sessions are reset before another store gets them.
pub struct RdsCtx {
    pub(crate) tenant: Tenant,
    pub(crate) table: ResourceTable,
    #[cfg(feature = "p3")]
    pub(crate) streams: Streams,
    pub(crate) max_batch_bytes: usize,
    pub(crate) max_statement_bytes: usize,
    pub(crate) addresses: HashMap<Target, String>,
    pub(crate) ignores_passwords: bool,
    pub(crate) waited: Waited,
}

/// Where [`RdsCtx`] is in the data of a store.
pub(crate) struct HasRds;

impl HasData for HasRds {
    type Data<'a> = &'a mut RdsCtx;
}

impl RdsCtx {
    /// For a guest of this tenant.
    #[must_use]
    pub fn new(tenant: &Tenant) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        Self {
            tenant: tenant.clone(),
            table,
            #[cfg(feature = "p3")]
            streams: Streams::new(MAX_HANDLES),
            max_batch_bytes: MAX_BATCH_BYTES,
            max_statement_bytes: MAX_STATEMENT_BYTES,
            addresses: HashMap::new(),
            ignores_passwords: false,
            waited: Waited::default(),
        }
    }

    /// Limit on the handles (connections, transactions and rows) that the guest has at the same time. An asynchronous
    /// guest can have as many streams of rows besides. A call that would exceed the limit traps. Default: 100.
    #[must_use]
    pub fn max_handles(mut self, handles: usize) -> Self {
        self.table.set_max_capacity(handles);
        #[cfg(feature = "p3")]
        {
            self.streams = Streams::new(handles);
        }
        self
    }

    /// Approximate limit on the bytes of the rows that one call of `rows.next` or `rows.next-columns` returns, however
    /// many rows the guest requests. A single row may be larger. Default: 1 MiB.
    #[must_use]
    pub fn max_batch_bytes(mut self, bytes: usize) -> Self {
        self.max_batch_bytes = bytes;
        self
    }

    /// The bytes of a statement with its parameters. Default: 16 MiB. The text alone may have 1 MiB.
    #[must_use]
    pub fn max_statement_bytes(mut self, bytes: usize) -> Self {
        self.max_statement_bytes = bytes;
        self
    }

    /// Maps an address that guests of Spin open to the name of a granted database. The address is `HOST[:PORT][/SCHEMA]`,
    /// as the guest gives it: `127.0.0.1:3306/spin_dev` is that of `mysql://root:@127.0.0.1/spin_dev`. An address that
    /// cannot be read maps nothing.
    #[must_use]
    pub fn spin_address(mut self, address: &str, database: impl Into<String>) -> Self {
        if let Some(target) = Target::read(address) {
            self.addresses.insert(target, database.into());
        }
        self
    }

    /// Accepts addresses of guests of Spin that contain a password. It is ignored. Default: such an address is refused.
    #[must_use]
    pub fn ignore_guest_password(mut self) -> Self {
        self.ignores_passwords = true;
        self
    }

    /// How long the guest's calls have waited for the server since this function was called last.
    ///
    /// That time counts against the guest's epoch deadline, although it did not run:
    /// [`epoch::count_only_own_time`](crate::epoch::count_only_own_time) uses this to give it back.
    pub fn take_waited(&mut self) -> Duration {
        self.waited.take()
    }

    pub(crate) fn grant(&self, database: &str) -> Result<Arc<Granted>, GuestError> {
        let grant = self.tenant.grants.get(database);
        grant.cloned().ok_or(GuestError::UnknownDatabase)
    }
}

impl fmt::Debug for RdsCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RdsCtx")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
