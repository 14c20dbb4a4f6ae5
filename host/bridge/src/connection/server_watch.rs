//! What a connection reports of its server to the bridge that opened it.

use super::Connection;
use crate::error::{Error, ErrorKind, ends_connection, is_of_read_only_server};

/// Receives what connections learn of their server by the way.
pub(crate) trait ServerWatch: Send + Sync {
    /// The connection was lost, or the server ended it.
    fn lost(&self);

    /// The server does not have the role that it must have, or no longer.
    fn has_other_role(&self);
}

impl Connection {
    /// Ends when the server has sent something, or has ended the connection.
    pub(crate) async fn heard(&self) {
        // An error is the end of the connection too.
        let _ready = self.stream.get_ref().io().readable().await;
    }
}

impl<S> Connection<S> {
    pub(super) fn report(&self, error: &Error) {
        let Some(watch) = &self.watch else {
            return;
        };
        match error.kind() {
            ErrorKind::Closed | ErrorKind::Io(_) => watch.lost(),
            ErrorKind::Server(words) if ends_connection(words) => watch.lost(),
            ErrorKind::WrongRole { .. } => watch.has_other_role(),
            ErrorKind::Server(words) if self.is_demoted && is_of_read_only_server(words) => {
                watch.has_other_role();
            }
            _ => {}
        }
    }
}
