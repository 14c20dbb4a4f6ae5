//! The authentication methods, one a file: what each answers to the server's challenge.
//!
//! The hashes are `mysql_common`'s. Its drivers of whole exchanges are not used: they answer
//! anything they are asked for, and would bring RSA for servers without TLS.

pub(crate) mod caching_sha2_password;
pub(crate) mod mysql_clear_password;
pub(crate) mod mysql_native_password;

#[cfg(feature = "client_ed25519")]
pub(crate) mod client_ed25519;

/// A method, by the name of the client's plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthPlugin {
    /// The token itself, inside TLS: what RDS asks for with IAM.
    MysqlClearPassword,
    /// MySQL 8's default.
    CachingSha2Password,
    /// The default of MariaDB and of MySQL 5.7.
    MysqlNativePassword,
    /// MariaDB's `ed25519`. Known without the feature `client_ed25519` too, but then
    /// [`Self::from_name`] does not give it.
    ClientEd25519,
}

impl AuthPlugin {
    /// As in the protocol.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MysqlClearPassword => "mysql_clear_password",
            Self::CachingSha2Password => "caching_sha2_password",
            Self::MysqlNativePassword => "mysql_native_password",
            Self::ClientEd25519 => "client_ed25519",
        }
    }

    /// The method of a name; none if it is not one that this build has.
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
