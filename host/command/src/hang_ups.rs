//! SIGHUP: the files that can change are read again.

use super::error::Error;
use super::output::tell;

#[cfg(unix)]
pub(super) use of_unix::HangUps;

/// Reads the files again, and tells of it. A file that is invalid changes nothing.
fn reload_and_tell(reload: &mut impl FnMut() -> Result<(), Error>) {
    match reload() {
        Ok(()) => tell("rds-bridge: reloaded the configuration\n"),
        // The settings that are in use stay.
        Err(error) => tell(&format!(
            "rds-bridge: cannot reload the configuration, so the old one stays in use: {error}\n"
        )),
    }
}

#[cfg(unix)]
mod of_unix {
    use std::fs::File;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Error, reload_and_tell};

    /// The SIGHUPs of a process that reads its files again. `None` if SIGHUP ends the process.
    pub(crate) struct HangUps(Option<Signal>);

    impl HangUps {
        /// Catches the signals from now on, unless one means that the terminal of a person was closed: there are no
        /// files to read again, and there is a terminal.
        pub(crate) fn catch(has_files: bool) -> Result<Self, Error> {
            if !has_files && File::open("/dev/tty").is_ok() {
                return Ok(Self(None));
            }
            let signals = signal(SignalKind::hangup()).map_err(Error::Runtime)?;
            Ok(Self(Some(signals)))
        }

        pub(crate) fn are_caught(&self) -> bool {
            self.0.is_some()
        }

        /// Reads the files again on each SIGHUP. Does not end.
        pub(crate) async fn reload(&mut self, mut reload: impl FnMut() -> Result<(), Error>) {
            if let Some(signals) = &mut self.0 {
                while signals.recv().await.is_some() {
                    reload_and_tell(&mut reload);
                }
            }
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
pub(super) struct HangUps;

#[cfg(not(unix))]
impl HangUps {
    pub(super) fn catch(_: bool) -> Result<Self, Error> {
        Ok(Self)
    }

    pub(super) fn are_caught(&self) -> bool {
        false
    }

    pub(super) async fn reload(&mut self, _: impl FnMut() -> Result<(), Error>) {
        std::future::pending().await
    }
}
