//! The secret that proves who the user is.

use super::config::{ConfigField, InvalidConfig, check};
use crate::secret_string::SecretString;

/// In bytes: above what signing can make, some 200,000.
const IAM_TOKEN_LIMIT: usize = 262_144;
/// In bytes. Servers take less: 256 in MySQL.
const PASSWORD_LIMIT: usize = 4_096;

/// How the user proves who it is. It is given when TLS stands.
#[derive(Clone, Debug)]
pub enum Auth {
    /// An RDS IAM token. Answers `mysql_clear_password` inside TLS, and nothing else.
    IamToken(SecretString),
    /// A password. Answers every method but `mysql_clear_password`.
    Password(SecretString),
}

impl Auth {
    /// The limits are in `wit/handshake.wit`.
    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        let (field, secret, limit) = match self {
            // An account may have no password.
            Self::Password(password) if password.expose().is_empty() => return Ok(()),
            Self::Password(password) => (ConfigField::Password, password, PASSWORD_LIMIT),
            Self::IamToken(token) => (ConfigField::IamToken, token, IAM_TOKEN_LIMIT),
        };
        let secret = secret.expose();
        check(field, secret, secret.len(), limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConfigField::{IamToken, Password};
    use InvalidConfig::{ContainsNul, Empty, TooLong};

    fn token(text: &str) -> Result<(), InvalidConfig> {
        Auth::IamToken(SecretString::new(text.into())).check()
    }

    fn password(text: &str) -> Result<(), InvalidConfig> {
        Auth::Password(SecretString::new(text.into())).check()
    }

    #[test]
    fn every_mistake_has_its_error() {
        assert_eq!(token("t"), Ok(()));
        assert_eq!(token(&"t".repeat(262_144)), Ok(()));
        assert_eq!(token(""), Err(Empty(IamToken)));
        assert_eq!(token("t\0"), Err(ContainsNul(IamToken)));
        assert_eq!(token(&"t".repeat(262_145)), Err(TooLong(IamToken)));
        assert_eq!(password(""), Ok(()));
        assert_eq!(password(&"p".repeat(4_096)), Ok(()));
        assert_eq!(password("p\0"), Err(ContainsNul(Password)));
        assert_eq!(password(&"p".repeat(4_097)), Err(TooLong(Password)));
    }
}
