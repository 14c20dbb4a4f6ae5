//! SIGHUP: the files that can change are read again.

use super::config_file::ConfigFile;
use super::plan::Plan;
use super::running::Running;
use super::{Error, print};

/// The settings that are read again.
#[derive(Clone, Copy)]
pub(super) enum Settings<'a> {
    /// The configuration file: callers, and the files of certificates.
    File(&'a ConfigFile),
    /// The options: the files of certificates.
    Options(&'a [Plan]),
}

impl Settings<'_> {
    /// Clients that are open stay, and a file that is invalid changes nothing.
    fn reload(self, running: &[Running]) -> Result<(), Error> {
        let plans = match self {
            Self::File(file) => return file.reload(running),
            Self::Options(plans) => plans,
        };
        // All files are loaded before anything changes.
        let certificates = plans.iter().map(|plan| {
            let files = plan.tls.as_ref();
            files.map(|files| files.load()).transpose()
        });
        let certificates = certificates.collect::<Result<Vec<_>, Error>>()?;
        for (it, certificate) in running.iter().zip(certificates) {
            if let Some(certificate) = certificate {
                it.proxy.set_tls(certificate);
            }
        }
        Ok(())
    }

    fn reload_and_tell(self, running: &[Running]) {
        match self.reload(running) {
            Ok(()) => print("rds-bridge: read the configuration again\n"),
            // The settings that are in use stay.
            Err(error) => print(&format!(
                "rds-bridge: the configuration is unchanged: {error}\n"
            )),
        }
    }
}

#[cfg(unix)]
pub(super) use of_unix::HangUps;

#[cfg(unix)]
mod of_unix {
    use std::fs::File;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::super::arguments::Proxy;
    use super::{Error, Running, Settings};

    /// The SIGHUPs of a process that reads its files again. `None` if SIGHUP ends the process.
    pub(in crate::proxy) struct HangUps(Option<Signal>);

    impl HangUps {
        /// Catches the signals from now on, unless one means that the terminal of a person was closed: there are no
        /// files to read again, and there is a terminal.
        pub(in crate::proxy) fn catch(arguments: &Proxy) -> Result<Self, Error> {
            let has_files =
                arguments.config.is_some() || arguments.listen.tls_certificate.is_some();
            if !has_files && File::open("/dev/tty").is_ok() {
                return Ok(Self(None));
            }
            let signals = signal(SignalKind::hangup()).map_err(Error::Runtime)?;
            Ok(Self(Some(signals)))
        }

        pub(in crate::proxy) fn are_caught(&self) -> bool {
            self.0.is_some()
        }

        /// Reads the files again on each SIGHUP.
        pub(in crate::proxy) async fn reload(
            &mut self,
            settings: Settings<'_>,
            running: &[Running],
        ) {
            if let Some(signals) = &mut self.0 {
                while signals.recv().await.is_some() {
                    settings.reload_and_tell(running);
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
    pub(super) fn catch(_: &super::arguments::Proxy) -> Result<Self, Error> {
        Ok(Self)
    }

    pub(super) fn are_caught(&self) -> bool {
        false
    }

    pub(super) async fn reload(&mut self, _: Settings<'_>, _: &[Running]) {
        std::future::pending().await
    }
}
