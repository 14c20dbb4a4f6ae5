//! The authentication methods: each file computes one method's response to the server's challenge.
//!
//! `mysql_common` computes the signatures of `client_ed25519`. This crate does not use its drivers for whole exchanges:
//! they answer every request of a server, and they depend on RSA, which only connections without TLS need. The two
//! methods with hashes use the hash functions directly, which both sides of the handshake share.

use crate::secret_string::SecretBytes;

pub(crate) mod caching_sha2_password;
pub(crate) mod mysql_clear_password;
pub(crate) mod mysql_native_password;

#[cfg(feature = "client_ed25519")]
pub(crate) mod client_ed25519;

/// An authentication method, by the name of the client's plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthPlugin {
    /// Sends the secret itself, inside TLS. RDS requests it for IAM authentication.
    MysqlClearPassword,
    /// The default of MySQL 8.
    CachingSha2Password,
    /// The default of MariaDB and of MySQL 5.7.
    MysqlNativePassword,
    /// MariaDB's `ed25519`. The variant exists without the feature `client_ed25519` too, but [`Self::from_name`] does
    /// not return it then.
    ClientEd25519,
}

impl AuthPlugin {
    /// The plugin's name in the protocol.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MysqlClearPassword => "mysql_clear_password",
            Self::CachingSha2Password => "caching_sha2_password",
            Self::MysqlNativePassword => "mysql_native_password",
            Self::ClientEd25519 => "client_ed25519",
        }
    }

    /// Returns the method with this plugin name; `None` if this build does not support it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::MysqlClearPassword,
            Self::CachingSha2Password,
            Self::MysqlNativePassword,
            #[cfg(feature = "client_ed25519")]
            Self::ClientEd25519,
        ]
        .into_iter()
        .find(|plugin| plugin.name() == name)
    }
}

/// Combines a hash with a mask of the same length.
fn xor(hash: &[u8], mask: &[u8]) -> SecretBytes {
    let bytes = hash.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
    SecretBytes::new(bytes.collect())
}
