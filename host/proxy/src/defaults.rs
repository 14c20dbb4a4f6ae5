//! The defaults of the limits, for programs with settings of their own.

use std::num::NonZeroU32;

/// The default of [`ProxyBuilder::max_connections`](crate::ProxyBuilder::max_connections).
pub const DEFAULT_CLIENTS: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// The default of [`ProxyBuilder::connection_rate`](crate::ProxyBuilder::connection_rate), in connections a second.
pub const DEFAULT_RATE: NonZeroU32 = NonZeroU32::new(150).unwrap();

/// The default of [`ProxyBuilder::login_limits`](crate::ProxyBuilder::login_limits) in all: it leaves places to the
/// clients of this machine.
pub const DEFAULT_LOGINS: NonZeroU32 = NonZeroU32::new(80).unwrap();

/// The default of [`ProxyBuilder::login_limits`](crate::ProxyBuilder::login_limits) for one source: it leaves places to
/// other machines.
pub const DEFAULT_LOGINS_PER_SOURCE: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// A limit as a number of clients.
pub(crate) fn number(limit: NonZeroU32) -> usize {
    usize::try_from(limit.get()).unwrap_or(usize::MAX)
}
