//! The names that requests may use for the gateway, and the origins that may send them.

/// The names that requests may use for the gateway, and the origins that may send them.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedNames {
    /// Whether every name is allowed.
    pub(crate) any_host: bool,
    /// Beside `localhost` and loopback addresses.
    pub(crate) hosts: Vec<String>,
    pub(crate) origins: Vec<String>,
}
