//! AWS credentials.

use std::time::UNIX_EPOCH;

use aws_credential_types::Credentials as SdkCredentials;
use secrecy::{ExposeSecret, SecretString};

/// AWS credentials. They sign the tokens. The secrets are wiped when they are dropped, and [`Debug`] does not show
/// them.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The id of the access key. It is not a secret.
    pub access_key_id: String,
    /// The secret access key, which signs.
    pub secret_access_key: SecretString,
    /// The STS session token of temporary credentials.
    pub session_token: Option<SecretString>,
    /// When the credentials expire, in Unix seconds; `None` if they do not expire, or the expiry is not known.
    pub expires_at: Option<u64>,
}

impl Credentials {
    /// Creates long-term credentials, without a session token and without an expiry.
    pub fn new(access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: SecretString::from(secret_access_key),
            session_token: None,
            expires_at: None,
        }
    }

    /// Adds the STS session token of temporary credentials.
    #[must_use]
    pub fn with_session_token(mut self, session_token: &str) -> Self {
        self.session_token = Some(SecretString::from(session_token));
        self
    }

    /// Sets the expiry, in Unix seconds. No token is valid for longer than the credentials that signed it.
    #[must_use]
    pub fn with_expires_at(mut self, unix_seconds: u64) -> Self {
        self.expires_at = Some(unix_seconds);
        self
    }
}

impl From<&SdkCredentials> for Credentials {
    fn from(sdk: &SdkCredentials) -> Self {
        // An expiry before 1970 becomes 0, which is also in the past.
        let expires_at = sdk
            .expiry()
            .map(|at| at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()));
        Self {
            access_key_id: sdk.access_key_id().to_owned(),
            secret_access_key: SecretString::from(sdk.secret_access_key()),
            session_token: sdk.session_token().map(SecretString::from),
            expires_at,
        }
    }
}

impl From<&Credentials> for SdkCredentials {
    fn from(own: &Credentials) -> Self {
        // Without the expiry, so that AWS decides whether they have expired: its clock is right.
        let session_token = own.session_token.as_ref();
        Self::new(
            &own.access_key_id,
            own.secret_access_key.expose_secret(),
            session_token.map(|token| token.expose_secret().to_owned()),
            None,
            "rds-bridge",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn takes_over_all_that_the_sdk_knows() {
        let end = UNIX_EPOCH + Duration::from_millis(1_724_709_600_999);
        let sdk = |end| SdkCredentials::new("AKID", "secret", Some("sts".into()), end, "test");
        let own = Credentials::from(&sdk(Some(end)));
        assert_eq!(own.access_key_id, "AKID");
        assert_eq!(own.secret_access_key.expose_secret(), "secret");
        assert_eq!(own.session_token.as_ref().unwrap().expose_secret(), "sts");
        assert_eq!(own.expires_at, Some(1_724_709_600));

        let before = Credentials::from(&sdk(Some(UNIX_EPOCH - Duration::from_secs(1))));
        assert_eq!(before.expires_at, Some(0));
        assert_eq!(Credentials::from(&sdk(None)).expires_at, None);

        let back = SdkCredentials::from(&own);
        assert_eq!(back.secret_access_key(), "secret");
        assert_eq!(back.session_token(), Some("sts"));
    }

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
