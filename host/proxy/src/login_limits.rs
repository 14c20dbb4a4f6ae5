//! The limits on clients that log in: on all of a process, and on those of other machines, in all and from one source.
//!
//! Without the latter, one machine that connects and sends nothing could take the places of all clients.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The bits of an IPv6 address that a network assigns to one customer or subnet.
const SOURCE_BITS: u128 = !0 << 64;

/// How many clients log in at once. Its clones are the same limit: share it between the proxies that share an
/// [`Engine`](rds_bridge::component::Engine).
///
/// A client that logs in uses two instances of the component, and an engine has 256. More clients wait for up to 10 s,
/// and then receive error 1040. Of the places, clients of other machines get as many as
/// [`ProxyBuilder::login_limits`](crate::ProxyBuilder::login_limits) allows.
#[derive(Clone, Debug)]
pub struct ConcurrentLogins(Arc<Places>);

#[derive(Debug)]
struct Places {
    limit: usize,
    permits: Semaphore,
    /// The clients of other machines that are not logged in, also those that wait.
    clients: Mutex<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    in_all: usize,
    by_source: HashMap<IpAddr, usize>,
}

/// The limits of one proxy on clients of other machines that are not logged in. All proxies that share the places count
/// for them.
#[derive(Debug)]
pub(crate) struct LoginLimits {
    in_all: usize,
    per_source: usize,
    places: ConcurrentLogins,
    /// How many of this proxy's clients count now.
    count: AtomicU64,
}

/// Counts a client until it is dropped.
#[derive(Debug)]
pub(crate) struct LoggingIn {
    limits: Arc<LoginLimits>,
    source: IpAddr,
}

/// Which limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    InAll(usize),
    PerSource(usize),
}

impl Default for ConcurrentLogins {
    /// 100 clients.
    fn default() -> Self {
        Self::new(100)
    }
}

impl ConcurrentLogins {
    /// Allows `limit` clients at once.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Places {
            limit,
            permits: Semaphore::new(limit),
            clients: Mutex::default(),
        }))
    }

    /// A place for a client that logs in, until it is dropped.
    pub(crate) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.0.permits.acquire().await.ok()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Clients) -> T) -> T {
        let clients = self.0.clients.lock();
        act(&mut clients.unwrap_or_else(PoisonError::into_inner))
    }
}

impl LoginLimits {
    /// Limits above the number of places are that number.
    pub(crate) fn new(places: &ConcurrentLogins, in_all: usize, per_source: usize) -> Self {
        Self {
            in_all: in_all.min(places.0.limit),
            per_source,
            places: places.clone(),
            count: AtomicU64::new(0),
        }
    }

    /// The places that the proxies share.
    pub(crate) fn places(&self) -> &ConcurrentLogins {
        &self.places
    }

    /// How many clients of this proxy count now.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts a client.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<LoggingIn, Reached> {
        let source = source(address);
        self.places.with(|clients| {
            let of_source = clients.by_source.get(&source).copied().unwrap_or_default();
            if of_source >= self.per_source {
                return Err(Reached::PerSource(self.per_source));
            }
            if clients.in_all >= self.in_all {
                return Err(Reached::InAll(self.in_all));
            }
            clients.in_all = clients.in_all.saturating_add(1);
            clients
                .by_source
                .insert(source, of_source.saturating_add(1));
            Ok(())
        })?;
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(LoggingIn {
            limits: Arc::clone(self),
            source,
        })
    }
}

impl Drop for LoggingIn {
    fn drop(&mut self) {
        self.limits.count.fetch_sub(1, Ordering::Relaxed);
        self.limits.places.with(|clients| {
            clients.in_all = clients.in_all.saturating_sub(1);
            if let Some(of_source) = clients.by_source.get_mut(&self.source) {
                *of_source = of_source.saturating_sub(1);
                if *of_source == 0 {
                    clients.by_source.remove(&self.source);
                }
            }
        });
    }
}

/// An IPv4 address, or the network of an IPv6 address.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & SOURCE_BITS).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults::{DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE, number};

    #[test]
    fn a_source_has_its_own_limit_below_that_of_all() {
        let places = ConcurrentLogins::default();
        let limits = Arc::new(LoginLimits::new(&places, 3, 2));
        let enter = |address: &str| limits.enter(address.parse().unwrap());
        let first = enter("10.0.0.1").unwrap();
        let _second = enter("::ffff:10.0.0.1").unwrap();
        assert_eq!(enter("10.0.0.1").unwrap_err(), Reached::PerSource(2));
        let third = enter("2001:db8::1").unwrap();
        assert_eq!(enter("2001:db8::2").unwrap_err(), Reached::InAll(3));
        drop(first);
        let _fourth = enter("2001:db8::3").unwrap();
        assert_eq!(enter("2001:db8::4").unwrap_err(), Reached::PerSource(2));
        drop(third);
        assert_eq!(limits.count(), 2);
        let _fifth = enter("10.0.0.1").unwrap();
        assert_eq!(places.with(|clients| clients.by_source.len()), 2);
    }

    #[test]
    fn proxies_that_share_the_places_share_the_count() {
        let places = ConcurrentLogins::new(3);
        let limits = |in_all| Arc::new(LoginLimits::new(&places, in_all, 2));
        let (first, second) = (limits(200), limits(200));
        let enter =
            |limits: &Arc<LoginLimits>, address: &str| limits.enter(address.parse().unwrap());
        let _clients = [
            enter(&first, "10.0.0.1").unwrap(),
            enter(&second, "10.0.0.1").unwrap(),
        ];
        assert_eq!(
            enter(&first, "10.0.0.1").unwrap_err(),
            Reached::PerSource(2)
        );
        let _third = enter(&second, "10.0.0.2").unwrap();
        // A limit above the places would let clients of other machines take all of them and wait for more.
        assert_eq!(enter(&first, "10.0.0.2").unwrap_err(), Reached::InAll(3));
        assert_eq!((first.count(), second.count()), (1, 2));
    }

    #[test]
    fn by_default_no_three_sources_take_every_place() {
        let places = ConcurrentLogins::default();
        let in_all = number(DEFAULT_LOGINS);
        assert!(in_all < places.0.limit);
        assert!(number(DEFAULT_LOGINS_PER_SOURCE) * 3 < in_all);
    }
}
