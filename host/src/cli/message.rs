//! The exit code where no token can be signed.

use super::exit::Exit;
use crate::guest::PresignError;

pub(super) fn exit_of(error: &PresignError) -> Exit {
    match error {
        PresignError::CredentialsExpired(_) => Exit::Credentials,
        PresignError::Empty(_)
        | PresignError::TooLong(_)
        | PresignError::InvalidCharacter(_)
        | PresignError::InvalidHost(_)
        | PresignError::PortZero
        | PresignError::ExpiryOutOfRange(_)
        | PresignError::TimeOutOfRange(_) => Exit::Usage,
    }
}
