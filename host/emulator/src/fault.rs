//! Faults of connections, to test how a client reacts to them.

use std::time::Duration;

/// Faults of new connections. The default has no faults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Refuses every login with this error. `None` accepts valid tokens.
    pub refuse: Option<Refusal>,
    /// How long the server waits before it sends: before each reply, and before the TLS handshake.
    pub delay: Duration,
    /// Closes the connection after the server has sent this many bytes, including those of TLS. `None` has no limit.
    pub cut_after: Option<u64>,
    /// If `true`, the server does not offer TLS. It then refuses every client, because it still requires TLS.
    pub no_tls: bool,
    /// What follows the plugin's name in the `AuthSwitchRequest`.
    pub auth_switch_tail: AuthSwitchTail,
}

/// The error with which a login is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// 1045 even for a valid token, as if an IAM policy did not allow the connection.
    AccessDenied,
    /// 1040 in place of the initial handshake, as when `max_connections` is reached.
    TooManyConnections,
    /// 1129 in place of the initial handshake, as after too many connection errors from the client's host.
    HostBlocked,
    /// 3118 for a valid token: the account is locked. An invalid token is refused with 1045.
    AccountLocked,
}

/// What a server sends after the name `mysql_clear_password` in an `AuthSwitchRequest`. Servers differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthSwitchTail {
    /// Nothing, as Aurora and RDS do.
    #[default]
    Nothing,
    /// One NUL byte.
    Nul,
    /// A challenge of 20 bytes and a NUL, as for any other plugin.
    Challenge,
}
