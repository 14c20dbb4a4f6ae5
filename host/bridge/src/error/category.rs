//! The category of an error, for exit codes, HTTP statuses and metrics.

use super::{Error, ErrorKind, Stage, ends_connection};
use crate::aws::CredentialsError;
use crate::component::{Fault, HandshakeError, PresignError};

/// The category of an error. Use it for decisions; [`Error::kind`] has the details.
///
/// Programs map every category, for example to an exit code, so adding a category is a breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// A setting or a parameter is missing or wrong.
    Settings,
    /// There are no credentials, or they have expired; or a secret cannot be fetched or used.
    Credentials,
    /// The server cannot be reached or does not respond in time, or the connection is lost.
    Network,
    /// The server offers no TLS, or its certificate is refused.
    Tls,
    /// The server refuses the login.
    Login,
    /// The server refuses the statement, or its result does not have the expected rows.
    Statement,
    /// A row is longer than the limit.
    Limit,
    /// The server violates the protocol, or sends something unexpected.
    Protocol,
    /// A bug of this library.
    Bug,
}

impl Error {
    /// The category of the error.
    #[must_use]
    pub fn category(&self) -> Category {
        match self.kind() {
            ErrorKind::Setting { .. }
            | ErrorKind::Region(_)
            | ErrorKind::TrustAnchors(_)
            | ErrorKind::ParameterCount { .. }
            | ErrorKind::ParameterName(_)
            | ErrorKind::UnrepresentableParameter { .. }
            | ErrorKind::Credentials(CredentialsError::Profile(_))
            | ErrorKind::Fault(Fault::ArgumentsTooLarge { .. }) => Category::Settings,
            ErrorKind::Credentials(_) => Category::Credentials,
            #[cfg(feature = "secrets-manager")]
            ErrorKind::Secret(_) => Category::Credentials,
            ErrorKind::Presign(error) => error.into(),
            ErrorKind::Timeout(_) if self.stage() == Stage::Credentials => Category::Credentials,
            ErrorKind::Resolve { .. }
            | ErrorKind::Connect(_)
            | ErrorKind::Timeout(_)
            | ErrorKind::Io(_)
            | ErrorKind::Closed
            | ErrorKind::Unusable
            | ErrorKind::PoolTimeout { .. }
            | ErrorKind::PoolClosed
            | ErrorKind::WrongRole { .. }
            | ErrorKind::NoOtherServer { .. }
            | ErrorKind::NotCancelled(_) => Category::Network,
            ErrorKind::Tls(_) | ErrorKind::Handshake(HandshakeError::TlsNotOffered) => {
                Category::Tls
            }
            ErrorKind::Server(server) if ends_connection(server) => Category::Network,
            ErrorKind::TransactionOpen
            | ErrorKind::TransactionEnded
            | ErrorKind::TransactionStatement
            | ErrorKind::NoRow
            | ErrorKind::MoreRows => Category::Statement,
            ErrorKind::Server(_) if self.stage() > Stage::Login => Category::Statement,
            ErrorKind::Server(_) | ErrorKind::ServerBeforeTls(_) => Category::Login,
            ErrorKind::Handshake(error) => of_handshake(error),
            ErrorKind::RowTooLarge { .. } => Category::Limit,
            ErrorKind::Malformed(_) | ErrorKind::Value(_) | ErrorKind::LocalInfile => {
                Category::Protocol
            }
            ErrorKind::Fault(_) => Category::Bug,
        }
    }
}

fn of_handshake(error: &HandshakeError) -> Category {
    match error {
        HandshakeError::InvalidConfig(_) => Category::Settings,
        HandshakeError::Misuse(_) => Category::Bug,
        HandshakeError::TokenNotRequested
        | HandshakeError::UnsupportedAuthPlugin(_)
        | HandshakeError::RefusedAuthPlugin(_)
        | HandshakeError::MultiFactorAuthentication
        | HandshakeError::ServerRefusedBeforeTls(_)
        | HandshakeError::ServerRefused(_) => Category::Login,
        HandshakeError::TlsNotOffered => Category::Tls,
        HandshakeError::InvalidPacket(_)
        | HandshakeError::UnexpectedPacket(_)
        | HandshakeError::SequenceIdMismatch(_)
        | HandshakeError::PacketTooLarge(_)
        | HandshakeError::BytesBeforeTls
        | HandshakeError::BytesAfterReady
        | HandshakeError::RepeatedAuthSwitch
        | HandshakeError::UnsupportedProtocolVersion(_)
        | HandshakeError::MissingCapability(_) => Category::Protocol,
    }
}

impl From<&PresignError> for Category {
    fn from(error: &PresignError) -> Self {
        match error {
            PresignError::CredentialsExpired(_) => Self::Credentials,
            PresignError::Empty(_)
            | PresignError::TooLong(_)
            | PresignError::InvalidCharacter(_)
            | PresignError::InvalidHost(_)
            | PresignError::PortZero
            | PresignError::ExpiryOutOfRange(_)
            | PresignError::TimeOutOfRange(_) => Self::Settings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::ServerError;

    fn of_server(stage: Stage, code: u16, message: &str) -> Category {
        let error = ServerError {
            code,
            sql_state: None,
            message: message.to_owned(),
        };
        Error::new(stage, ErrorKind::Server(error)).category()
    }

    #[test]
    fn a_server_s_refusal_is_of_its_stage() {
        assert_eq!(of_server(Stage::Login, 1045, ""), Category::Login);
        assert_eq!(of_server(Stage::Session, 1231, ""), Category::Statement);
        assert_eq!(of_server(Stage::Rows, 1317, ""), Category::Statement);
    }

    /// These codes do not refuse a statement; they end the connection.
    #[test]
    fn a_server_that_ends_the_connection_is_the_network() {
        for code in [1053, 1927, 3169] {
            assert_eq!(of_server(Stage::Statement, code, ""), Category::Network);
        }
        let idle = "The client was disconnected by the server because of inactivity.";
        assert_eq!(of_server(Stage::Statement, 4031, idle), Category::Network);
        // In MariaDB, the same code is another error.
        assert_eq!(of_server(Stage::Statement, 4031, ""), Category::Statement);
    }

    #[test]
    fn what_takes_too_long_is_of_what_was_waited_for() {
        let late = |stage| Error::new(stage, ErrorKind::Timeout(std::time::Duration::ZERO));
        let credentials = late(Stage::Credentials).category();
        assert_eq!(credentials, Category::Credentials);
        assert_eq!(late(Stage::Tls).category(), Category::Network);
    }

    #[test]
    fn no_token_is_a_setting_unless_credentials_have_expired() {
        let of = |error: PresignError| Category::from(&error);
        assert_eq!(of(PresignError::PortZero), Category::Settings);
        let expired = crate::component::CredentialsExpired {
            expired_at: 0,
            signed_at: 1,
        };
        let expired = PresignError::CredentialsExpired(expired);
        assert_eq!(of(expired), Category::Credentials);
    }
}
