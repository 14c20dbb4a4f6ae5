//! What a proxy reads again on SIGHUP.

use super::Error;
use super::plan::Plan;
use super::running::Running;
use crate::config_file::ConfigFile;

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
    pub(super) fn reload(self, running: &[Running]) -> Result<(), Error> {
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
}
