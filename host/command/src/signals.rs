//! The signals that ask the emulator or the proxy to stop.

use super::error::Error;

/// How the process was asked to stop.
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
    pub(crate) struct Signals {
        interrupt: Signal,
        terminate: Signal,
        hang_up: Option<Signal>,
    }

    impl Signals {
        pub(crate) fn catch() -> Result<Self, Error> {
            let hang_up = signal(SignalKind::hangup()).map_err(Error::Runtime)?;
            Ok(Self {
                hang_up: Some(hang_up),
                ..Self::catch_without_hang_up()?
            })
        }

        /// As [`Self::catch`], without SIGHUP, for a process that reads its configuration again on that signal.
        pub(crate) fn catch_without_hang_up() -> Result<Self, Error> {
            let stream = |kind| signal(kind).map_err(Error::Runtime);
            Ok(Self {
                interrupt: stream(SignalKind::interrupt())?,
                terminate: stream(SignalKind::terminate())?,
                hang_up: None,
            })
        }

        pub(crate) async fn next(&mut self) -> Stop {
            tokio::select! {
                _ = self.interrupt.recv() => Stop::Interrupted,
                _ = self.terminate.recv() => Stop::Terminated,
                () = hung_up(&mut self.hang_up) => Stop::Terminated,
            }
        }
    }

    async fn hung_up(hang_up: &mut Option<Signal>) {
        match hang_up {
            Some(signal) => {
                let _received = signal.recv().await;
            }
            None => std::future::pending().await,
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

    pub(super) fn catch_without_hang_up() -> Result<Self, Error> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Stop {
        let _received = tokio::signal::ctrl_c().await;
        Stop::Interrupted
    }
}
