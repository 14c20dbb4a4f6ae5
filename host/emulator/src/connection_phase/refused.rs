//! Why a client was not accepted.

use std::io;

use rds_bridge::component::{CallError, Fault, ServerHandshakeError};

use super::client::Failed;
use crate::faulty_stream::LOGIN_LIMIT;

/// Why a client was not accepted.
pub(super) enum Refused {
    /// The client has received an error, and the event is recorded.
    Told,
    /// The client disconnected, was too slow, or violated TLS; or the component failed.
    BrokenOff(String),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::BrokenOff(match error.kind() {
            io::ErrorKind::UnexpectedEof => "the client disconnected".to_owned(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                format!(
                    "the client did not complete its login within {} s",
                    LOGIN_LIMIT.as_secs()
                )
            }
            _ => error.to_string(),
        })
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::BrokenOff(fault.to_string())
    }
}

impl From<CallError<ServerHandshakeError>> for Refused {
    fn from(error: CallError<ServerHandshakeError>) -> Self {
        Self::BrokenOff(error.to_string())
    }
}

impl From<Failed> for Refused {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Io(error) => error.into(),
            Failed::Call(error) => error.into(),
        }
    }
}
