//! The AWS credentials in the emulator's environment, and the variables that it prints.

use crate::error::Error;
use rds_bridge::aws::{
    Credentials, MissingCredentials, credentials_from_environment, process_variable,
};

/// The credentials in the environment, if there are any.
///
/// # Errors
///
/// The credentials are incomplete.
pub(crate) fn credentials() -> Result<Option<Credentials>, Error> {
    match credentials_from_environment(process_variable) {
        Ok(credentials) => Ok(Some(credentials)),
        Err(MissingCredentials::None) => Ok(None),
        Err(error) => Err(Error::Usage(format!("{error}: {}", error.hint()))),
    }
}

/// Whether a variable belongs to the credentials. Credentials that the user provides are not printed.
pub(super) fn is_credential(name: &str) -> bool {
    matches!(
        name,
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN"
    )
}
