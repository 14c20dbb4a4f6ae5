//! Credentials from the environment variables of the AWS SDKs.

use std::env;

use thiserror::Error;

use super::credentials::Credentials;
use super::expiration::unix_seconds;

/// Why the environment has no usable credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MissingCredentials {
    /// It has neither the key id nor the secret key.
    #[error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")]
    None,
    /// It has only the secret key.
    #[error("AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not")]
    AccessKeyId,
    /// It has only the key id.
    #[error("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")]
    SecretAccessKey,
    /// `AWS_CREDENTIAL_EXPIRATION`, which `aws configure export-credentials` writes, cannot be parsed.
    #[error(
        "AWS_CREDENTIAL_EXPIRATION is not a time with an offset, such as 2026-01-31T12:00:00Z or \
         2026-01-31T12:00:00+0000"
    )]
    Expiration,
}

impl MissingCredentials {
    /// Advice on how to resolve the error, in a sentence.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::None | Self::AccessKeyId | Self::SecretAccessKey => {
                "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither"
            }
            Self::Expiration => {
                "set it to the value that `aws configure export-credentials --format env` prints; or, for \
                 credentials that do not expire, unset it"
            }
        }
    }
}

/// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_CREDENTIAL_EXPIRATION` (RFC 3339,
/// ISO 8601 or RFC 2822, always with an offset) with `variable`. An empty variable counts as unset.
///
/// # Errors
///
/// [`MissingCredentials`], which names what is missing or malformed.
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

/// Looks up an environment variable. It is a parameter, so that tests can replace the environment.
pub type Variable = fn(&str) -> Option<String>;

/// Looks up an environment variable of this process. Bytes that are not UTF-8 become U+FFFD, which no setting may
/// contain, so that the value is refused rather than ignored.
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
