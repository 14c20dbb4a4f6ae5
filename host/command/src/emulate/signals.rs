//! The signals that ask the emulator to stop.

use crate::error::Error;

/// How the emulator was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// By Ctrl-C, which reaches every program in the terminal.
    Interrupted,
    /// By a supervisor, or because the terminal was closed. The signal reached only this process.
    Terminated,
}

#[cfg(unix)]
pub(super) use of_unix::Signals;

#[cfg(unix)]
mod of_unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Error, Stop};

    /// Catches the signals from its creation on, so that none ends the process before temporary files are removed.
    pub(in super::super) struct Signals {
        interrupt: Signal,
        terminate: Signal,
        hang_up: Signal,
    }

    impl Signals {
        pub(in super::super) fn catch() -> Result<Self, Error> {
            let stream = |kind| signal(kind).map_err(Error::Runtime);
            Ok(Self {
                interrupt: stream(SignalKind::interrupt())?,
                terminate: stream(SignalKind::terminate())?,
                hang_up: stream(SignalKind::hangup())?,
            })
        }

        pub(in super::super) async fn next(&mut self) -> Stop {
            tokio::select! {
                _ = self.interrupt.recv() => Stop::Interrupted,
                _ = self.terminate.recv() => Stop::Terminated,
                _ = self.hang_up.recv() => Stop::Terminated,
            }
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn catch() -> Result<Self, Error> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Stop {
        let _received = tokio::signal::ctrl_c().await;
        Stop::Interrupted
    }
}
