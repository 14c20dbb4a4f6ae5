//! Limits what the clients of one source have open, so that one source cannot take all of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rds_bridge_access::is_loopback;

use crate::caller::Source;

/// A limit on what other machines have open: in all, and from one source. This machine is not counted.
#[derive(Debug)]
pub(crate) struct SourceLimit {
    in_all: usize,
    per_source: usize,
    open: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    in_all: usize,
    of_source: HashMap<Source, usize>,
}

/// One of what is open, until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenPlace(Option<(Arc<SourceLimit>, Source)>);

impl SourceLimit {
    pub(crate) fn new(in_all: usize, per_source: usize) -> Arc<Self> {
        Arc::new(Self {
            in_all,
            per_source,
            open: Mutex::default(),
        })
    }

    /// Counts one more. `None` if a limit is reached.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<OpenPlace> {
        if is_loopback(address) {
            return Some(OpenPlace(None));
        }
        let source = Source::of(address);
        let mut open = self.lock();
        let of_source = open.of_source.get(&source).copied().unwrap_or_default();
        if open.in_all >= self.in_all || of_source >= self.per_source {
            return None;
        }
        open.in_all = open.in_all.saturating_add(1);
        open.of_source.insert(source, of_source.saturating_add(1));
        Some(OpenPlace(Some((Arc::clone(self), source))))
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenPlace {
    fn drop(&mut self) {
        let Some((limit, source)) = &self.0 else {
            return;
        };
        let mut open = limit.lock();
        open.in_all = open.in_all.saturating_sub(1);
        if let Some(of_source) = open.of_source.get_mut(source) {
            *of_source = of_source.saturating_sub(1);
            if *of_source == 0 {
                open.of_source.remove(source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn what_is_open_is_limited_by_source_and_in_all() {
        let limit = SourceLimit::new(10, 3);
        let enter = |number: u32| limit.enter(Ipv4Addr::from_bits(number).into());
        let mut open: Vec<_> = (0..3).map(|_| enter(1).unwrap()).collect();
        assert!(enter(1).is_none());
        open.pop();
        open.push(enter(1).unwrap());
        open.extend((0..7).map(|number| enter(100 + number).unwrap()));
        assert!(enter(99).is_none());
        // This machine is not counted.
        assert!(limit.enter([127, 0, 0, 1].into()).is_some());
        drop(open);
        assert!(limit.lock().of_source.is_empty());
        assert_eq!(limit.lock().in_all, 0);
        assert!(enter(99).is_some());
    }
}
