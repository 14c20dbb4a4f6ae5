//! Credentials from the environment variables that every AWS SDK reads.

use std::env;

use thiserror::Error;

use super::credentials::Credentials;
use super::expiration::unix_seconds;

/// Credentials that the environment does not hold, or not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MissingCredentials {
    /// Neither the key id nor the secret key.
    #[error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")]
    None,
    /// A secret key alone.
    #[error("AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not")]
    AccessKeyId,
    /// A key id alone.
    #[error("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")]
    SecretAccessKey,
    /// Of `aws configure export-credentials`.
    #[error(
        "AWS_CREDENTIAL_EXPIRATION is not a time with an offset, as 2026-01-31T12:00:00Z or \
         2026-01-31T12:00:00+0000"
    )]
    Expiration,
}

impl MissingCredentials {
    /// What to do about it, in a sentence.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::None | Self::AccessKeyId | Self::SecretAccessKey => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY both, or neither"
            }
            Self::Expiration => {
                "set it as `aws configure export-credentials --format env` prints it, or unset it: then the \
                 credentials count as ones without an end"
            }
        }
    }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and
/// `AWS_CREDENTIAL_EXPIRATION` (RFC 3339, ISO 8601 or RFC 2822, always with an offset), as `variable` gives them. A
/// variable that is empty is one that is not set.
///
/// # Errors
///
/// [`MissingCredentials`] by what is missing.
pub fn credentials_from_environment(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Credentials, MissingCredentials> {
    let variable = |name| variable(name).filter(|value| !value.is_empty());
    let (id, secret) = match (
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    ) {
        (Some(id), Some(secret)) => (id, secret),
        (None, None) => return Err(MissingCredentials::None),
        (None, Some(_)) => return Err(MissingCredentials::AccessKeyId),
        (Some(_), None) => return Err(MissingCredentials::SecretAccessKey),
    };
    let expires_at = match variable("AWS_CREDENTIAL_EXPIRATION") {
        Some(text) => Some(unix_seconds(&text).ok_or(MissingCredentials::Expiration)?),
        None => None,
    };
    Ok(Credentials {
        access_key_id: id,
        secret_access_key: secret.into(),
        session_token: variable("AWS_SESSION_TOKEN").map(Into::into),
        expires_at,
    })
}

/// Looks up an environment variable. A parameter, so that a test can bring variables of its own.
pub type Variable = fn(&str) -> Option<String>;

/// A variable of this process. What is not UTF-8 is kept as a character that no setting may hold, so
/// that it is refused and not passed over.
#[must_use]
pub fn process_variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Credentials, MissingCredentials> {
        credentials_from_environment(|name| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn reads_what_the_sdks_read() {
        let credentials = read(&[
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "sts"),
            ("AWS_CREDENTIAL_EXPIRATION", "2024-08-27T00:00:00+02:00"),
        ])
        .unwrap();
        assert_eq!(credentials.access_key_id, "AKID");
        assert_eq!(credentials.secret_access_key.expose_secret(), "secret");
        assert_eq!(credentials.session_token.unwrap().expose_secret(), "sts");
        assert_eq!(credentials.expires_at, Some(1_724_709_600));
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let long_term = read(&[
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", ""),
        ])
        .unwrap();
        assert!(long_term.session_token.is_none());

        let error = |variables: &[_]| read(variables).unwrap_err();
        assert_eq!(error(&[]), MissingCredentials::None);
        assert_eq!(
            error(&[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "")]),
            MissingCredentials::SecretAccessKey
        );
        assert_eq!(
            error(&[("AWS_SECRET_ACCESS_KEY", "secret")]),
            MissingCredentials::AccessKeyId
        );
    }

    #[test]
    fn an_expiration_that_cannot_be_read_is_not_passed_over() {
        let error = read(&[
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_CREDENTIAL_EXPIRATION", "tomorrow"),
        ])
        .unwrap_err();
        assert_eq!(error, MissingCredentials::Expiration);
        assert!(error.to_string().contains("+0000"), "{error}");
        assert!(error.hint().contains("unset it"), "{error}");
    }
}
