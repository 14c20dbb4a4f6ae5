//! The secret that authenticates the user.

use super::config::{ConfigField, InvalidConfig, check};
use crate::secret_string::SecretString;

/// In bytes. The longest token that `presign` can sign has about 200,000.
const IAM_TOKEN_LIMIT: usize = 262_144;
/// In bytes. Servers accept less: MySQL 256.
const PASSWORD_LIMIT: usize = 4_096;

/// The secret that authenticates the user. The handshake receives it when TLS is established.
#[derive(Clone, Debug)]
pub enum Auth {
    /// An RDS IAM token, 1 to 262,144 bytes without NUL. It answers only `mysql_clear_password`, inside TLS.
    IamToken(SecretString),
    /// A password, up to 4,096 bytes without NUL; empty for an account without a password. It answers every method but
    /// `mysql_clear_password`.
    Password(SecretString),
}

impl Auth {
    /// Checks the limits, which `wit/handshake.wit` documents.
    pub(super) fn check(&self) -> Result<(), InvalidConfig> {
        let (field, secret, limit) = match self {
            // An account may have an empty password.
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
