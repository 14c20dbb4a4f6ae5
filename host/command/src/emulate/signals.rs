//! What tells a program to end.

use crate::error::Error;

/// How it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Ctrl-C, which reaches all that run in the terminal.
    Interrupted,
    /// By a supervisor, or because the terminal has gone: it has reached this program alone.
    Terminated,
}

#[cfg(unix)]
pub(super) use of_unix::Signals;

#[cfg(unix)]
mod of_unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Error, Told};

    /// From when it is made, no signal ends the program by itself: what is in place can be taken away.
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

        pub(in super::super) async fn next(&mut self) -> Told {
            tokio::select! {
                _ = self.interrupt.recv() => Told::Interrupted,
                _ = self.terminate.recv() => Told::Terminated,
                _ = self.hang_up.recv() => Told::Terminated,
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

    pub(super) async fn next(&mut self) -> Told {
        let _told = tokio::signal::ctrl_c().await;
        Told::Interrupted
    }
}
