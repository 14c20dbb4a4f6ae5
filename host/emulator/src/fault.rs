//! Faults that connections are to have, to see what a client makes of them.

use std::time::Duration;

/// Faults of new connections. The default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Every login is refused so.
    pub refuse: Option<Refusal>,
    /// So long it waits before each answer.
    pub delay: Duration,
    /// So many bytes are sent on a connection, those of TLS included, and then it is closed.
    pub cut_after: Option<u64>,
    /// No TLS is offered.
    pub no_tls: bool,
    /// What comes after the plugin's name when the client is asked for its token.
    pub auth_switch_tail: AuthSwitchTail,
}

/// How a login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// 1045, whatever the token: as for a policy that does not allow it.
    AccessDenied,
    /// 1040 in place of the greeting: as when `max_connections` is reached.
    TooManyConnections,
    /// 1129 in place of the greeting: as after too many broken off connections.
    HostBlocked,
    /// 3118: the account is locked.
    AccountLocked,
}

/// What servers send after the name `mysql_clear_password`: they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthSwitchTail {
    /// Nothing, as Aurora and RDS.
    #[default]
    Nothing,
    /// A NUL.
    Nul,
    /// A challenge of 20 bytes and a NUL, as for any other method.
    Challenge,
}
