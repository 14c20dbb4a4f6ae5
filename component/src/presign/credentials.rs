//! The AWS credentials that sign a token.

use std::fmt;

use super::error::{Error, Field};
use crate::secret_string::SecretString;

/// In bytes. AWS limits an access key id to 128 characters (IAM API Reference, `AccessKey`).
const ACCESS_KEY_ID_LIMIT: usize = 128;
/// In bytes. AWS documents no limit; current keys have 40 characters.
const SECRET_ACCESS_KEY_LIMIT: usize = 256;
/// In bytes. AWS advises against assuming a limit (STS API Reference, `Credentials`); the longest seen have about 4,000
/// characters.
const SESSION_TOKEN_LIMIT: usize = 65_536;

/// Validated AWS credentials. `Debug` redacts the secrets.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: Option<SecretString>,
    expires_at: Option<u64>,
}

impl Credentials {
    /// Validates credentials. All texts are visible ASCII characters.
    ///
    /// - `access_key_id` has 1 to 128 characters, without `/`.
    /// - `secret_access_key` has 1 to 256.
    /// - `session_token` is the STS session token of temporary credentials, with 1 to 65,536; `None` for long-term
    ///   credentials.
    /// - `expires_at` is when the credentials expire, in Unix seconds; `None` if they do not.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::TooLong`], or [`Error::InvalidCharacter`], for example for a key with white space
    /// around it.
    pub fn new(
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
        expires_at: Option<u64>,
    ) -> Result<Self, Error> {
        let secret_access_key = SecretString::new(secret_access_key);
        let session_token = session_token.map(SecretString::new);

        check(Field::AccessKeyId, &access_key_id, ACCESS_KEY_ID_LIMIT)?;
        // A slash terminates the key id in `X-Amz-Credential`.
        if let Some(offset) = access_key_id.find('/') {
            let field = Field::AccessKeyId;
            return Err(Error::InvalidCharacter { field, offset });
        }
        check(
            Field::SecretAccessKey,
            secret_access_key.expose(),
            SECRET_ACCESS_KEY_LIMIT,
        )?;
        if let Some(token) = &session_token {
            check(Field::SessionToken, token.expose(), SESSION_TOKEN_LIMIT)?;
        }
        Ok(Self {
            access_key_id,
            secret_access_key,
            session_token,
            expires_at,
        })
    }

    pub(super) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(super) fn secret_access_key(&self) -> &SecretString {
        &self.secret_access_key
    }

    pub(super) fn session_token(&self) -> Option<&SecretString> {
        self.session_token.as_ref()
    }

    pub(super) fn expires_at(&self) -> Option<u64> {
        self.expires_at
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            access_key_id,
            secret_access_key,
            session_token,
            expires_at,
        } = self;
        f.debug_struct("Credentials")
            .field("access_key_id", access_key_id)
            .field("secret_access_key", secret_access_key)
            .field("session_token", session_token)
            .field("expires_at", expires_at)
            .finish()
    }
}

fn check(field: Field, text: &str, limit: usize) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::Empty(field));
    }
    if text.len() > limit {
        let length = text.len();
        return Err(Error::TooLong {
            field,
            length,
            limit,
        });
    }
    // `fold` has no early exit, so the compiler can vectorise it.
    let all_visible = |text: &str| {
        let bytes = text.bytes();
        bytes.fold(true, |all, byte| all & byte.is_ascii_graphic())
    };
    if all_visible(text) {
        return Ok(());
    }
    let offset = text.bytes().take_while(u8::is_ascii_graphic).count();
    Err(Error::InvalidCharacter { field, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(id: &str, secret: &str, token: Option<&str>) -> Error {
        Credentials::new(id.into(), secret.into(), token.map(Into::into), None).unwrap_err()
    }

    #[test]
    fn every_mistake_has_its_error() {
        assert_eq!(error("", "s", None), Error::Empty(Field::AccessKeyId));
        assert_eq!(error("a", "", None), Error::Empty(Field::SecretAccessKey));
        assert_eq!(error("a", "s", Some("")), Error::Empty(Field::SessionToken));
        assert_eq!(
            error("a", "s\n", None),
            Error::InvalidCharacter {
                field: Field::SecretAccessKey,
                offset: 1
            }
        );
        assert_eq!(
            error("AKID/20240101", "s", None),
            Error::InvalidCharacter {
                field: Field::AccessKeyId,
                offset: 4
            }
        );
        assert_eq!(
            error("a", "s", Some("tökén")),
            Error::InvalidCharacter {
                field: Field::SessionToken,
                offset: 1
            }
        );
        assert_eq!(
            error("a", "s", Some(&"t".repeat(65_537))),
            Error::TooLong {
                field: Field::SessionToken,
                length: 65_537,
                limit: 65_536
            }
        );
    }

    #[test]
    fn the_longest_of_each_is_accepted() {
        Credentials::new(
            "a".repeat(128),
            "s".repeat(256),
            Some("t".repeat(65_536)),
            Some(u64::MAX),
        )
        .unwrap();
    }
}
