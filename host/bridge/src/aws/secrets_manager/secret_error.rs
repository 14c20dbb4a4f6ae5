//! Why a secret is of no use: what Secrets Manager says of it, or what is in it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::aws::credentials_error::CredentialsError;

/// A secret that gives no user and password, and why. Nothing of what is in it is shown. Can be cloned, since
/// all who waited for one answer get it.
#[derive(Clone, Debug)]
pub struct SecretError {
    /// Its ARN.
    pub secret: String,
    /// The region that was asked.
    pub region: String,
    /// What is the matter.
    pub problem: SecretProblem,
}

/// What is the matter with a secret.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SecretProblem {
    /// There is none of that ARN, or none that has a current version.
    #[error("is not there: {message}")]
    NotFound {
        /// In AWS's words. Not part of any contract.
        message: String,
    },
    /// The caller may not read it, or may not use the key that it is encrypted with.
    #[error("may not be read: {message}")]
    AccessDenied {
        /// In AWS's words, which name the caller.
        message: String,
    },
    /// Its key does not decrypt it: it is disabled, or deleted.
    #[error("cannot be decrypted: {message}")]
    NotDecrypted {
        /// In AWS's words.
        message: String,
    },
    /// It is marked for deletion.
    #[error("is deleted: {message}")]
    Deleted {
        /// In AWS's words.
        message: String,
    },
    /// AWS refuses for another reason: the credentials are wrong or expired, or there were too many calls.
    #[error("is not given: {code}: {message}")]
    Refused {
        /// As `UnrecognizedClientException` or `ThrottlingException`.
        code: String,
        /// In AWS's words.
        message: String,
    },
    /// There is nothing to ask AWS with: as where an endpoint that the environment or the profile names is no URL.
    #[error("cannot be asked for: no request can be made")]
    NoRequest,
    /// AWS was not reached.
    #[error("cannot be asked for")]
    NoAnswer(#[source] Arc<dyn StdError + Send + Sync>),
    /// What answers is not Secrets Manager.
    #[error("was asked for, and the answer (status {status}) is not one of Secrets Manager")]
    Unreadable {
        /// That of HTTP.
        status: u16,
    },
    /// It is a binary secret.
    #[error("is binary, and not a text")]
    Binary,
    /// Its text is not a JSON object: the password alone, perhaps.
    #[error("is not JSON")]
    NotJson,
    /// It has no `password`.
    #[error("has no password")]
    NoPassword,
    /// Its `port` is none.
    #[error("has a port that is not a number from 1 to 65535")]
    InvalidPort,
    /// Its `engine` is not MySQL, MariaDB or Aurora MySQL.
    #[error("is of another kind of database ({engine})")]
    OtherEngine {
        /// Which one.
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
    /// What is beneath: the words of the problem are in its own.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.problem.source()
    }
}

/// Why a secret cannot be fetched.
#[derive(Clone, Debug, Error)]
pub(crate) enum FetchError {
    /// Nobody to ask as.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}
