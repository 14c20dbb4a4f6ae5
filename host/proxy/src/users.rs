//! How clients authenticate.

use std::collections::HashMap;
use std::fmt;

use crate::certificates::Certificates;

/// How a proxy authenticates its clients.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// Every client is accepted, with any user name and any password. Only for listeners that no other machine reaches:
    /// a Unix socket or a loopback address.
    #[default]
    Trust,
    /// A client authenticates with a user name and a password of these.
    Passwords(Users),
    /// A client authenticates with a certificate that TLS has verified, so it must use TLS, also on this machine. The
    /// configuration of [`ProxyBuilder::tls`](crate::ProxyBuilder::tls) must demand certificates; otherwise every
    /// client is refused.
    Certificates(Certificates),
}

/// The users of a proxy, by name. User names are case-sensitive, as those of MySQL are.
#[derive(Clone, Default)]
pub struct Users {
    by_name: HashMap<String, PasswordHash>,
    allows_native_password: bool,
}

/// What a proxy stores of a password. The password cannot be computed from it; but a weak one can be guessed, so keep
/// it secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PasswordHash {
    /// `SHA256(SHA256(password))`, for `caching_sha2_password`.
    pub sha256_twice: [u8; 32],
    /// `SHA1(SHA1(password))`, for `mysql_native_password`. See [`Users::allow_native_password`].
    pub sha1_twice: Option<[u8; 20]>,
}

impl Users {
    /// No users: every client is refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a user, or replaces the password of one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, password: PasswordHash) -> Self {
        self.by_name.insert(name.into(), password);
        self
    }

    /// Lets clients authenticate with `mysql_native_password`, which old clients need. Its hashes are weak. It applies
    /// to all users, so that a client cannot find out which users exist; a user without such a hash is refused.
    #[must_use]
    pub fn allow_native_password(mut self) -> Self {
        self.allows_native_password = true;
        self
    }

    pub(crate) fn allows_native_password(&self) -> bool {
        self.allows_native_password
    }

    pub(crate) fn password(&self, name: &str) -> Option<&PasswordHash> {
        self.by_name.get(name)
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            by_name,
            allows_native_password,
        } = self;
        f.debug_struct("Users")
            .field("names", &by_name.keys())
            .field("allows_native_password", allows_native_password)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sha256_twice: _,
            sha1_twice,
        } = self;
        f.debug_struct("PasswordHash")
            .field("allows_native_password", &sha1_twice.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_hash() {
        let password = PasswordHash {
            sha256_twice: [171; 32],
            sha1_twice: Some([205; 20]),
        };
        let users = Users::new().with("app", password);
        let shown = format!("{users:?} {password:?}");
        assert!(shown.contains("app") && !shown.contains("171") && !shown.contains("205"));
    }
}
