//! The limits that proxies share: those to one server, and all of the process.

use std::collections::HashMap;
#[cfg(unix)]
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use rds_bridge::pool::ConnectionRate;
use rds_bridge_proxy::{ClientLimit, ConcurrentLogins};

use crate::config_file::Server;

/// The limits by server. RDS limits the new IAM connections of an instance, from all clients together.
#[derive(Debug, Default)]
pub(super) struct Limits {
    rates: HashMap<Server, Arc<ConnectionRate>>,
    clients: HashMap<Server, ClientLimit>,
    /// For all servers: their proxies share an engine.
    pub(super) logins: ConcurrentLogins,
}

impl Limits {
    /// The limit on new connections to a server. The first caller determines it.
    pub(super) fn rate(&mut self, server: &Server, per_second: NonZeroU32) -> Arc<ConnectionRate> {
        let rate = self.rates.entry(server.clone());
        Arc::clone(rate.or_insert_with(|| Arc::new(ConnectionRate::new(per_second))))
    }

    /// The limit on open clients of a server. The first caller determines it.
    pub(super) fn clients(&mut self, server: &Server, limit: usize) -> ClientLimit {
        let clients = self.clients.entry(server.clone());
        clients.or_insert_with(|| ClientLimit::new(limit)).clone()
    }
}

/// How many clients may be open in all: a server's shared limit counts once.
#[cfg(unix)]
pub(super) fn clients<'s>(limits: impl Iterator<Item = (Option<&'s Server>, usize)>) -> usize {
    let mut seen = HashSet::new();
    let counted = limits.filter(|(shared, _)| shared.is_none_or(|server| seen.insert(server)));
    let counted = counted.map(|(_, limit)| limit);
    counted.fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::server;

    #[test]
    fn one_server_has_one_limit() {
        let mut limits = Limits::default();
        let mut rate = |host, port| limits.rate(&server(host, port), NonZeroU32::MIN);
        let first = rate("DB.example.com", 3306);
        assert!(Arc::ptr_eq(&first, &rate("db.example.com.", 3306)));
        assert!(!Arc::ptr_eq(&first, &rate("db.example.com", 3307)));
    }

    #[cfg(unix)]
    #[test]
    fn a_shared_limit_counts_once() {
        let (first, second) = (server("a", 1), server("b", 1));
        let limits = [
            (Some(&first), 10),
            (Some(&first), 10),
            (Some(&second), 10),
            (None, 5),
            (None, 5),
        ];
        assert_eq!(clients(limits.into_iter()), 30);
    }
}
