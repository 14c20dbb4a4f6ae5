//! AWS credentials.

use secrecy::SecretString;

/// The AWS credentials that sign. Wiped when dropped; [`Debug`] does not show the secrets.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Names the credentials; is not a secret.
    pub access_key_id: String,
    /// The secret that signs.
    pub secret_access_key: SecretString,
    /// The STS session token of temporary credentials.
    pub session_token: Option<SecretString>,
    /// When the credentials themselves expire, in Unix seconds.
    pub expires_at: Option<u64>,
}

impl Credentials {
    /// Long-term credentials: without a session token, and without an end.
    pub fn new(access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: SecretString::from(secret_access_key),
            session_token: None,
            expires_at: None,
        }
    }

    /// Temporary credentials, with the session token that belongs to them.
    #[must_use]
    pub fn with_session_token(mut self, session_token: &str) -> Self {
        self.session_token = Some(SecretString::from(session_token));
        self
    }

    /// Credentials that end, in Unix seconds: no token outlives them.
    #[must_use]
    pub fn with_expires_at(mut self, unix_seconds: u64) -> Self {
        self.expires_at = Some(unix_seconds);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_secret() {
        let credentials = Credentials::new("AKID", "hunter2").with_session_token("sts");
        let printed = format!("{credentials:?}");
        assert!(printed.contains("AKID"));
        assert!(
            !printed.contains("hunter2") && !printed.contains("sts"),
            "{printed}"
        );
    }
}
