//! The limits on clients of other machines that are not logged in: in all, and from one source.
//!
//! Without them, one machine that connects and sends nothing could take the places of all clients.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The bits of an IPv6 address that a network assigns to one customer or subnet.
const SOURCE_BITS: u128 = !0 << 64;

/// The limits, and who counts for them.
#[derive(Debug)]
pub(crate) struct LoginLimits {
    in_all: usize,
    per_source: usize,
    clients: Mutex<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    in_all: usize,
    by_source: HashMap<IpAddr, usize>,
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

impl LoginLimits {
    pub(crate) fn new(in_all: usize, per_source: usize) -> Self {
        Self {
            in_all,
            per_source,
            clients: Mutex::default(),
        }
    }

    /// How many clients count now.
    pub(crate) fn count(&self) -> usize {
        self.with(|clients| clients.in_all)
    }

    /// Counts a client.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<LoggingIn, Reached> {
        let source = source(address);
        self.with(|clients| {
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
        Ok(LoggingIn {
            limits: Arc::clone(self),
            source,
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Clients) -> T) -> T {
        let clients = self.clients.lock();
        act(&mut clients.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for LoggingIn {
    fn drop(&mut self) {
        self.limits.with(|clients| {
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

    #[test]
    fn a_source_has_its_own_limit_below_that_of_all() {
        let limits = Arc::new(LoginLimits::new(3, 2));
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
        assert_eq!(limits.with(|clients| clients.by_source.len()), 2);
    }
}
