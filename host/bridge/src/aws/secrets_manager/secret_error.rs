//! The error of fetching or parsing a secret.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::aws::credentials_error::CredentialsError;

/// The user and password cannot be read from a secret. The error contains nothing of the secret. It implements `Clone`,
/// since callers that waited for the same call share its error.
#[derive(Clone, Debug)]
pub struct SecretError {
    /// The ARN of the secret.
    pub secret: String,
    /// The region of the Secrets Manager that was asked.
    pub region: String,
    /// The problem.
    pub problem: SecretProblem,
}

/// Why a secret cannot be used.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SecretProblem {
    /// No secret has that ARN, or the secret has no current version.
    #[error("was not found; AWS says: {message}")]
    NotFound {
        /// AWS's message, which may change at any time.
        message: String,
    },
    /// The caller is not allowed to read the secret, or to use the key that encrypts it.
    #[error("may not be read with these AWS credentials: {message}")]
    AccessDenied {
        /// AWS's message, which names the caller.
        message: String,
    },
    /// The secret's key cannot decrypt it: it is disabled or deleted.
    #[error("cannot be decrypted: {message}")]
    NotDecrypted {
        /// AWS's message.
        message: String,
    },
    /// The secret is marked for deletion.
    #[error("is marked for deletion: {message}")]
    Deleted {
        /// AWS's message.
        message: String,
    },
    /// AWS refuses for another reason, such as wrong or expired credentials, or too many calls.
    #[error("was refused: {code}: {message}")]
    Refused {
        /// AWS's error code, such as `UnrecognizedClientException` or `ThrottlingException`.
        code: String,
        /// AWS's message.
        message: String,
    },
    /// No request can be built, such as if the environment or the profile names an endpoint that is not a URL.
    #[error("cannot be fetched: the request cannot be built")]
    NoRequest,
    /// AWS did not respond.
    #[error("cannot be fetched")]
    NoAnswer(#[source] Arc<dyn StdError + Send + Sync>),
    /// The response is not one of Secrets Manager.
    #[error("cannot be fetched: the response (status {status}) is not from Secrets Manager")]
    Unreadable {
        /// The HTTP status.
        status: u16,
    },
    /// The secret is binary.
    #[error("is binary, not text")]
    Binary,
    /// The text is not a JSON object. It may be the password alone.
    #[error("is not JSON")]
    NotJson,
    /// The JSON has no `password`.
    #[error("has no password")]
    NoPassword,
    /// The `port` is not a number from 1 to 65535.
    #[error("has a port that is not a number from 1 to 65535")]
    InvalidPort,
    /// The `engine` is not MySQL, MariaDB or Aurora MySQL.
    #[error("is for another kind of database ({engine})")]
    OtherEngine {
        /// The engine.
        engine: &'static str,
    },
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            secret,
            region,
            problem,
        } = self;
        write!(f, "the secret {secret} ({region}) {problem}")
    }
}

impl StdError for SecretError {
    /// The source of the problem, since the problem itself is a part of this error's text.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.problem.source()
    }
}

/// Why a secret cannot be fetched.
#[derive(Clone, Debug, Error)]
pub(crate) enum FetchError {
    /// There are no credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}
