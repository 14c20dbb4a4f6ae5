//! The proxies of a configuration file, which is read again on SIGHUP.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use rds_bridge_access::{self as access, Config, Database, GatewayConfig, ListenerConfig};
use rds_bridge_proxy::{
    Certificates, ClientAuthentication, DEFAULT_CLIENTS, DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE,
    PasswordHash, Users,
};

use super::Error;
use super::arguments::Listen;
use super::endpoint::Endpoint;
use super::plan::{ListenSetting, Plan, Service, number};
use super::running::Running;
use crate::config_file::{ConfigFile, role};
use crate::proxy_error::ProxyError;
use crate::tls_files::TlsFiles;

impl ConfigFile {
    /// The proxies of the file. The options give what the file leaves out.
    pub(in crate::proxy) fn service(&self, options: &Listen) -> Result<Service, Error> {
        let proxy = &self.config.proxy;
        if proxy.listeners.is_empty() {
            return Err(self.problem(
                "no listener: add [[proxy.listeners]] with database, and with listen or unix_socket",
            ));
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

    /// Checks the file as a start does, and the files that it names, without a connection.
    pub(in crate::proxy) fn check_proxies(&self, options: &Listen) -> Result<(), Error> {
        for plan in self.service(options)?.plans {
            plan.tls.as_ref().map(TlsFiles::load).transpose()?;
        }
        self.tell_valid()
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
                role: database.role.map(role),
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
    pub(in crate::proxy) fn reload(&self, running: &[Running]) -> Result<(), Error> {
        let new = Self::read(&self.path)?;
        let without_reloadable = |config: &Config| {
            let mut config = config.clone();
            config.callers.clear();
            // Those of another program.
            config.statements.clear();
            config.gateway = GatewayConfig::default();
            config
        };
        if without_reloadable(&new.config) != without_reloadable(&self.config) {
            return Err(self.problem(
                "a reload can change only callers and the contents of certificate files: restart the proxy to change \
                 other settings",
            ));
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
