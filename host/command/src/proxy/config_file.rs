//! `--config FILE`: databases, callers and listeners in a file, which is read again on SIGHUP.

use std::fmt;
use std::fs;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rds_bridge_access::{self as access, Config, Database, ListenerConfig};
use rds_bridge_proxy::{
    Certificates, ClientAuthentication, DEFAULT_CLIENTS, DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE,
    DEFAULT_RATE, PasswordHash, Users,
};

use super::Error;
use super::arguments::Listen;
use super::endpoint::Endpoint;
use super::limits::server;
use super::plan::{ListenSetting, Plan, Service, number};
use super::running::Running;
use super::tls::TlsFiles;
use crate::proxy_error::ProxyError;
use crate::variables::is_given;

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
        let plans = proxy.listeners.iter().filter_map(|listener| {
            // The file was validated: each listener's database exists.
            let database = self.config.databases.get(&listener.database)?;
            Some(self.plan(listener, database))
        });
        let drain_timeout = proxy.drain_timeout.unwrap_or(options.drain_timeout);
        Ok(Service {
            plans: plans.collect(),
            admin: proxy.admin.or(options.admin),
            drain_timeout: Duration::from_secs(drain_timeout),
        })
    }

    fn plan(&self, listener: &ListenerConfig, database: &Database) -> Plan {
        let limit = |set: Option<NonZeroU32>, default| number(set.unwrap_or(default));
        Plan {
            endpoint: Endpoint {
                host: Some(database.endpoint.clone()),
                port: database.port.map(NonZeroU16::get),
                user: database.user.clone(),
                region: database.region.clone(),
                database: database.database.clone(),
                profile: database.profile.clone(),
                connect_to: database.connect_to.clone(),
                ca_file: database.ca_file.clone(),
                listen: listener.listen,
                unix_socket: listener.unix_socket.clone(),
            },
            listen_setting: ListenSetting::File,
            client_user: listener.client_user,
            read_only: listener.read_only,
            local_files: listener.local_files.unwrap_or(true),
            max_connections: limit(listener.max_connections, DEFAULT_CLIENTS),
            shares_max_connections: false,
            connections_per_second: self.connections_per_second(database),
            login_limits: (
                limit(listener.max_logins, DEFAULT_LOGINS),
                limit(listener.max_logins_per_source, DEFAULT_LOGINS_PER_SOURCE),
            ),
            authentication: self.authentication(listener),
            tls: tls_files(listener),
        }
    }

    /// The lowest limit of those that the server's databases have.
    fn connections_per_second(&self, database: &Database) -> NonZeroU32 {
        let server = |it: &Database| server(&it.endpoint, it.port.map_or(3306, NonZeroU16::get));
        let databases = self.config.databases.values();
        let same = databases.filter(|it| server(it) == server(database));
        let limits = same.map(|it| it.connections_per_second.unwrap_or(DEFAULT_RATE));
        limits.min().unwrap_or(DEFAULT_RATE)
    }

    fn authentication(&self, listener: &ListenerConfig) -> ClientAuthentication {
        match listener.authentication {
            access::ClientAuthentication::Passwords => {
                let users = self.users();
                ClientAuthentication::Passwords(match listener.native_password {
                    true => users.allow_native_password(),
                    false => users,
                })
            }
            access::ClientAuthentication::Certificates => {
                ClientAuthentication::Certificates(self.certificates())
            }
            _ => ClientAuthentication::Trust,
        }
    }

    fn users(&self) -> Users {
        let callers = self.config.callers.iter();
        callers.fold(Users::new(), |users, (name, caller)| {
            let Some(sha256_twice) = caller.password_sha256_twice else {
                return users;
            };
            let password = PasswordHash {
                sha256_twice: sha256_twice.0,
                sha1_twice: caller.password_sha1_twice.map(|hash| hash.0),
            };
            users.with(name, password)
        })
    }

    fn certificates(&self) -> Certificates {
        let callers = self.config.callers.iter();
        callers.fold(
            Certificates::none(),
            |known, (name, caller)| match &caller.certificate {
                Some(certificate) => known.with(name, certificate),
                None => known,
            },
        )
    }

    /// Reads the file again: callers and certificates change for clients that connect from then on.
    #[cfg(unix)]
    pub(super) fn reload(&self, running: &[Running]) -> Result<(), Error> {
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

fn tls_files(listener: &ListenerConfig) -> Option<TlsFiles> {
    listener.tls.as_ref().map(|files| TlsFiles {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        client_ca: files.client_ca_file.clone(),
    })
}
