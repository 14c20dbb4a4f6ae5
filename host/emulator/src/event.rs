//! Events of the connection phase, for logs and tests.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rds_bridge_text::Printable;

/// Something that happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The connection's id, counted from 1. Without a backend it is also the server's connection id (thread id).
    pub connection_id: u32,
    /// The client's address.
    pub peer: SocketAddr,
    /// The user name that the client sent, if it has sent one.
    pub user: Option<String>,
    /// What happened.
    pub kind: EventKind,
}

/// The function that is called with each event.
pub(super) type OnEvent = Arc<dyn Fn(&Event) + Send + Sync>;

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The token is valid, and the client is accepted.
    Accepted {
        /// The token's length in bytes.
        token_bytes: usize,
    },
    /// The client was refused.
    Refused {
        /// The error code that the client received.
        code: u16,
        /// The true reason, which the client does not learn. It never contains the token.
        reason: String,
    },
    /// The connection ended during the connection phase, without an error packet from the server.
    BrokenOff {
        /// Why it ended.
        reason: String,
    },
}

/// Formats the event as one line, whatever the client sent.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            connection_id,
            peer,
            user,
            kind,
        } = self;
        write!(f, "connection {connection_id} from {peer}")?;
        if let Some(user) = user {
            write!(f, ", user {user:?}")?;
        }
        match kind {
            EventKind::Accepted { token_bytes } => {
                write!(f, ": accepted, with a token of {token_bytes} bytes")
            }
            EventKind::Refused { code, reason } => {
                write!(f, ": refused with error {code}: {}", Printable(reason))
            }
            EventKind::BrokenOff { reason } => write!(f, ": aborted: {}", Printable(reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        let event = Event {
            connection_id: 1,
            peer: ([127, 0, 0, 1], 4).into(),
            user: Some("a\nb".to_owned()),
            kind: EventKind::Refused {
                code: 1045,
                reason: "x\ny".to_owned(),
            },
        };
        let line = event.to_string();
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains("1045"), "{line}");
    }
}
