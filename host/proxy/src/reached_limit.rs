//! [`ReachedLimit`]: the limit because of which the proxy refuses a client, and its description.

use std::fmt;

use crate::login_limits::Reached;

/// A limit of the proxy that a client has reached.
///
/// [`Display`](fmt::Display) names the setting by the method of [`ProxyBuilder`](crate::ProxyBuilder);
/// [`Self::with_name`] uses another name, such as the flag of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReachedLimit {
    /// `ProxyBuilder::max_connections`: the number of connected clients that the proxy accepts.
    Clients(usize),
    /// `ProxyBuilder::login_limits`: the number of clients from other machines that have not logged in yet.
    Logins(usize),
    /// `ProxyBuilder::login_limits`: the same number, for one IPv4 address or one IPv6 network of 64 bits.
    LoginsPerSource(usize),
    /// `ProxyBuilder::connection_rate`: the client has waited too long for its connection to the database, because the
    /// proxy opens only that number of connections in each second.
    ConnectionRate,
}

impl ReachedLimit {
    /// Says what the limit is, with this name for its setting.
    #[must_use]
    pub fn with_name(self, name: &str) -> String {
        match self {
            Self::Clients(limit) => {
                format!("Too many connections: rds-bridge accepts at most {limit} clients ({name})")
            }
            Self::Logins(limit) => format!(
                "Too many connections: rds-bridge accepts at most {limit} clients that have not logged in yet ({name})"
            ),
            Self::LoginsPerSource(limit) => format!(
                "Too many connections: rds-bridge accepts at most {limit} clients from one address that have not logged in \
                 yet ({name})"
            ),
            Self::ConnectionRate => format!(
                "rds-bridge: too many new connections per second: try again later, or raise the proxy's limit ({name})"
            ),
        }
    }
}

impl fmt::Display for ReachedLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self {
            Self::Clients(_) => "ProxyBuilder::max_connections",
            Self::Logins(_) | Self::LoginsPerSource(_) => "ProxyBuilder::login_limits",
            Self::ConnectionRate => "ProxyBuilder::connection_rate",
        };
        f.write_str(&self.with_name(method))
    }
}

impl From<Reached> for ReachedLimit {
    fn from(reached: Reached) -> Self {
        match reached {
            Reached::InAll(limit) => Self::Logins(limit),
            Reached::PerSource(limit) => Self::LoginsPerSource(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_has_the_name_of_the_one_who_prints() {
        let clients = ReachedLimit::Clients(7);
        let method = "Too many connections: rds-bridge accepts at most 7 clients (ProxyBuilder::max_connections)";
        assert_eq!(clients.to_string(), method);
        let flag = clients.with_name("--max-connections");
        assert!(flag.ends_with("7 clients (--max-connections)"), "{flag}");
    }
}
