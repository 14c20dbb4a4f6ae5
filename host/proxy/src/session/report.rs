//! What a session counts and logs, and what its client may know of a failure.

use std::sync::atomic::{AtomicU64, Ordering};

use rds_bridge::Error;
use rds_bridge::error::Chain;
use rds_bridge::stages::RequestedSession;
use rds_bridge_text::Printable;
use tracing::{debug, info, warn};

use super::Session;
use crate::client::ClientError;
use crate::refusal::Refusal;

/// Whether the client has shown who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Stranger,
    Authenticated,
}

impl Session {
    /// What the client may know of a failure on the way to the database. A stranger on another machine learns nothing
    /// of the settings, which the likely causes name.
    pub(super) fn of_connecting(&self, error: &Error, client: Known) -> Refusal {
        self.warn("connecting to the database failed", error);
        match (self.is_local, error.server_error()) {
            (true, _) => Refusal::of_connecting(error, self.shared.remedy_words),
            (false, None) => Refusal::unreachable(),
            (false, Some(server)) if client == Known::Stranger => {
                Refusal::of_server(server, error.stage())
            }
            (false, Some(_)) => Refusal::of_connecting(error, self.shared.remedy_words),
        }
    }

    /// Why the handshake with the client cannot begin.
    pub(super) fn of_first_packet(&self, error: &ClientError) -> Refusal {
        let error_chain = Chain(error);
        let message = match error {
            ClientError::Refused(_) => {
                warn!(
                    origin = %self.origin,
                    error = %error_chain,
                    "the database's first packet is not a MySQL greeting"
                );
                "rds-bridge: the database's first packet is not a MySQL greeting: run rds-bridge doctor to find out why"
            }
            ClientError::Fault(_) | ClientError::Io(_) | ClientError::Tls(_) => {
                warn!(origin = %self.origin, error = %error_chain, "the handshake with the client cannot begin");
                "rds-bridge: the proxy cannot begin the handshake: see the proxy's log"
            }
        };
        Refusal::new(1105, "HY000", message)
    }

    /// Logs what failed, with the stage as a value of its own.
    pub(super) fn warn(&self, failed: &str, error: &Error) {
        let (stage, error) = (error.stage(), error.kind());
        warn!(origin = %self.origin, %stage, %error, "{failed}");
    }

    /// Logs which database user the client has become.
    pub(super) fn log_user(&self, event: &str, requested: &RequestedSession, caller: &str) {
        let user = requested.user.as_deref();
        let user = Printable(user.unwrap_or(self.shared.bridge.user()));
        info!(origin = %self.origin, caller = %Printable(caller), %user, "{event}");
    }

    /// Counts a client that could not be logged in to the database.
    pub(super) fn count_failure(&self, refusal: &Refusal) {
        increment(&self.shared.counters.failed);
        let message = Printable(&refusal.message);
        debug!(origin = %self.origin, code = refusal.code, %message, "sent the client an error");
    }

    /// Counts a client that the proxy itself refuses.
    pub(super) fn count_refusal(&self, refusal: &Refusal) {
        increment(&self.shared.counters.refused);
        let message = Printable(&refusal.message);
        info!(origin = %self.origin, code = refusal.code, %message, "refused the client");
    }

    /// Counts a client that did not answer in time.
    pub(super) fn count_late_client(&self) {
        increment(&self.shared.counters.abandoned);
        let limit = self.shared.client_timeout;
        info!(origin = %self.origin, ?limit, "the client sent no login in time");
    }

    pub(super) fn count_client_error(&self, error: &ClientError) {
        let counters = &self.shared.counters;
        increment(match error {
            ClientError::Io(_) => &counters.abandoned,
            ClientError::Tls(_) | ClientError::Refused(_) => &counters.refused,
            ClientError::Fault(_) => &counters.failed,
        });
        info!(origin = %self.origin, error = %Chain(error), "the client did not log in");
    }
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
