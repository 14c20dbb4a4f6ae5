//! What systemd gives a service, and what the service tells systemd: opened sockets, and that it accepts clients.
//!
//! Source: the manual pages `sd_listen_fds(3)`, `sd_notify(3)` and `systemd.socket(5)`.

use std::io;

use listenfd::ListenFd;
use rds_bridge_proxy::Listener;
use sd_notify::NotifyState;

use crate::error::Error;
use crate::proxy_error::ProxyError;

/// The sockets that systemd has opened, in the order of the units' settings.
pub(super) struct Activation {
    sockets: ListenFd,
}

impl Activation {
    pub(super) fn from_environment() -> Self {
        Self {
            sockets: ListenFd::from_env(),
        }
    }

    /// Takes the socket of an endpoint. `None` if systemd opened none for it.
    pub(super) fn take(&mut self, number: u16) -> Result<Option<Listener>, Error> {
        let number = usize::from(number);
        let failed = |error: io::Error| {
            Error::from(ProxyError::Listen(
                "the socket from systemd".to_owned(),
                error,
            ))
        };
        if number >= self.sockets.len() {
            return Ok(None);
        }
        // A socket of another kind is left in its place.
        if let Ok(Some(listener)) = self.sockets.take_tcp_listener(number) {
            return Listener::from_std(listener).map(Some).map_err(failed);
        }
        match self.sockets.take_unix_listener(number).map_err(failed)? {
            Some(listener) => Listener::from_std_unix(listener).map(Some).map_err(failed),
            None => Ok(None),
        }
    }
}

/// Tells systemd that clients are accepted. Without systemd, it does nothing.
pub(super) fn tell_ready() {
    tell(NotifyState::Ready);
}

/// Tells systemd that the service drains.
pub(super) fn tell_stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}
