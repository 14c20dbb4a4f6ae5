//! `--config FILE`: databases, callers and listeners in a file, which is read again on SIGHUP.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rds_bridge::pool::ConnectionRate;
use rds_bridge_access::{self as access, Config, Database, ListenerConfig};
use rds_bridge_proxy::{ClientAuthentication, PasswordHash, Users};

use super::arguments::Listen;
use super::endpoint::Endpoint;
use super::plan::{Plan, Service};
use super::running::Running;
use super::tls::TlsFiles;
use super::{Error, print};
use crate::proxy_error::ProxyError;
use crate::variables::is_given;

const DEFAULT_RATE: u32 = 150;
const DEFAULT_CLIENTS: u32 = 1000;

/// The options of one connection, and the keys of a database that stand for them.
const KEYS: [(&str, &str); 8] = [
    ("--hostname", "endpoint"),
    ("--port", "port"),
    ("--username", "user"),
    ("--region", "region"),
    ("--database", "database"),
    ("--profile", "profile"),
    ("--connect-to", "connect_to"),
    ("--ca-file", "ca_file"),
];

/// A configuration file, as it was read at the start.
pub(super) struct ConfigFile {
    path: PathBuf,
    config: Config,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let unusable = |error: &dyn fmt::Display| {
            Error::Usage(format!("--config: cannot read {}: {error}", path.display()))
        };
        let text = fs::read_to_string(path).map_err(|error| unusable(&error))?;
        let config = Config::parse(&text).map_err(|error| unusable(&error))?;
        Ok(Self {
            path: path.to_owned(),
            config,
        })
    }

    /// Refuses options for which the file has keys. Their variables give what the file leaves out.
    pub(super) fn check_options(&self) -> Result<(), Error> {
        match KEYS.into_iter().find(|(option, _)| is_given(option)) {
            Some((option, key)) => Err(Error::Usage(format!(
                "--config and {option} exclude each other: set {key} in [databases.NAME] of {}",
                self.path.display()
            ))),
            None => Ok(()),
        }
    }

    /// The proxies of the file. The options give what the file leaves out.
    pub(super) fn service(&self, options: &Listen) -> Result<Service, Error> {
        let proxy = &self.config.proxy;
        if proxy.listeners.is_empty() {
            let path = self.path.display();
            return Err(Error::Usage(format!(
                "{path}: [[proxy.listeners]] is missing: a listener names a database and an address"
            )));
        }
        let rates: BTreeMap<&str, Arc<ConnectionRate>> = self
            .config
            .databases
            .iter()
            .map(|(name, database)| (name.as_str(), rate(database)))
            .collect();
        let plans = proxy.listeners.iter().filter_map(|listener| {
            // The file was validated: each listener's database exists.
            let database = self.config.databases.get(&listener.database)?;
            let rate = rates.get(listener.database.as_str())?;
            Some(self.plan(listener, database, Arc::clone(rate)))
        });
        let drain_timeout = proxy.drain_timeout.unwrap_or(options.drain_timeout);
        Ok(Service {
            plans: plans.collect(),
            admin: proxy.admin.or(options.admin),
            drain_timeout: Duration::from_secs(drain_timeout),
        })
    }

    fn plan(
        &self,
        listener: &ListenerConfig,
        database: &Database,
        rate: Arc<ConnectionRate>,
    ) -> Plan {
        let clients = listener
            .max_connections
            .map_or(DEFAULT_CLIENTS, NonZeroU32::get);
        Plan {
            endpoint: Endpoint {
                host: Some(database.endpoint.clone()),
                port: database.port.map(std::num::NonZeroU16::get),
                user: database.user.clone(),
                region: database.region.clone(),
                database: database.database.clone(),
                profile: database.profile.clone(),
                connect_to: database.connect_to.clone(),
                ca_file: database.ca_file.clone(),
                listen: listener.listen,
                unix_socket: listener.unix_socket.clone(),
            },
            client_user: listener.client_user,
            read_only: listener.read_only,
            local_files: listener.local_files.unwrap_or(true),
            max_connections: usize::try_from(clients).unwrap_or(usize::MAX),
            rate,
            authentication: self.authentication(listener),
            tls: tls_files(listener),
        }
    }

    fn authentication(&self, listener: &ListenerConfig) -> ClientAuthentication {
        if listener.authentication == access::ClientAuthentication::Trust {
            return ClientAuthentication::Trust;
        }
        let callers = self.config.callers.iter();
        let mut users = callers.fold(Users::new(), |users, (name, caller)| {
            let password = PasswordHash {
                sha256_twice: caller.password_sha256_twice.0,
                sha1_twice: caller.password_sha1_twice.map(|hash| hash.0),
            };
            users.with(name, password)
        });
        if listener.native_password {
            users = users.allow_native_password();
        }
        ClientAuthentication::Passwords(users)
    }

    /// Reads the file again on each SIGHUP: callers and certificates change for clients that connect from then on.
    #[cfg(unix)]
    pub(super) async fn reload_on_hang_up(&self, running: &[Running]) {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut hang_up) = signal(SignalKind::hangup()) else {
            return std::future::pending().await;
        };
        while hang_up.recv().await.is_some() {
            match self.reload(running) {
                Ok(()) => print("rds-bridge: read the configuration again\n"),
                // The settings that are in use stay.
                Err(error) => print(&format!(
                    "rds-bridge: the configuration is unchanged: {error}\n"
                )),
            }
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn reload_on_hang_up(&self, _: &[Running]) {
        std::future::pending().await
    }

    #[cfg(unix)]
    fn reload(&self, running: &[Running]) -> Result<(), Error> {
        let new = Self::read(&self.path)?;
        let without_reloadable = |config: &Config| {
            let mut config = config.clone();
            config.callers.clear();
            config
        };
        if without_reloadable(&new.config) != without_reloadable(&self.config) {
            return Err(Error::Usage(format!(
                "{}: only callers and the contents of certificate files can change: restart the proxy for other settings",
                self.path.display()
            )));
        }
        let listeners = || new.config.proxy.listeners.iter();
        // All files are loaded before anything changes.
        let certificates = listeners().map(|listener| {
            let files = tls_files(listener);
            files.map(|files| files.load()).transpose()
        });
        let certificates = certificates.collect::<Result<Vec<_>, Error>>()?;
        for ((it, listener), certificate) in running.iter().zip(listeners()).zip(certificates) {
            let authentication = new.authentication(listener);
            it.proxy
                .set_authentication(authentication)
                .map_err(ProxyError::from)?;
            if let Some(certificate) = certificate {
                it.proxy.set_tls(certificate);
            }
        }
        Ok(())
    }
}

fn rate(database: &Database) -> Arc<ConnectionRate> {
    let default = NonZeroU32::new(DEFAULT_RATE).unwrap_or(NonZeroU32::MIN);
    let per_second = database.connections_per_second.unwrap_or(default);
    Arc::new(ConnectionRate::new(per_second))
}

fn tls_files(listener: &ListenerConfig) -> Option<TlsFiles> {
    listener.tls.as_ref().map(|files| TlsFiles {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
    })
}
