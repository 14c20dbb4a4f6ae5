//! `--dump-config`: the settings that apply, with their defaults, and without secrets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32};

use rds_bridge_access::{Config, Database, ListenerConfig};
use rds_bridge_proxy::{DEFAULT_CLIENTS, DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE};

use super::{ConfigFile, own};
use crate::connection_arguments::ConnectionArguments;
use crate::error::Error;

/// Where the gateway listens if nothing else is set.
const GATEWAY_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The limit on the gateway's connections to a database.
const GATEWAY_CONNECTIONS: u32 = 10;
/// How long clients or requests may continue after SIGTERM, in seconds.
const DRAIN_TIMEOUT: u64 = 10;

impl ConfigFile {
    /// The configuration as TOML, with the defaults, and what `connection` gives where the file has nothing. Hashes are
    /// redacted.
    ///
    /// `fill` fills in what the options of the command give.
    pub(crate) fn dump(
        &self,
        connection: &ConnectionArguments,
        fill: impl FnOnce(&mut Config),
    ) -> Result<String, Error> {
        let mut config = self.config.clone();
        fill(&mut config);
        for database in config.databases.values_mut() {
            let rate = self.connections_per_second(database);
            fill_database(database, connection);
            database.connections_per_second = Some(rate);
        }
        config.proxy.drain_timeout.get_or_insert(DRAIN_TIMEOUT);
        for listener in &mut config.proxy.listeners {
            fill_listener(listener);
        }
        fill_gateway(&mut config);
        // It fails for types that TOML does not have, which a configuration does not contain.
        toml::to_string(&config).map_err(|error| self.problem(&error.to_string()))
    }
}

fn fill_database(database: &mut Database, connection: &ConnectionArguments) {
    let filled = connection.filled(&own(database));
    let user = filled.user.map(str::to_owned);
    let name = filled.database.map(str::to_owned);
    database.user = user;
    database.database = name;
    if database.port.is_none() {
        database.port = NonZeroU16::new(3306);
    }
    let connections = NonZeroU32::new(GATEWAY_CONNECTIONS);
    database.max_connections = database.max_connections.or(connections);
}

fn fill_listener(listener: &mut ListenerConfig) {
    listener.local_files.get_or_insert(true);
    listener.max_connections.get_or_insert(DEFAULT_CLIENTS);
    listener.max_logins.get_or_insert(DEFAULT_LOGINS);
    let per_source = &mut listener.max_logins_per_source;
    per_source.get_or_insert(DEFAULT_LOGINS_PER_SOURCE);
}

fn fill_gateway(config: &mut Config) {
    let gateway = &mut config.gateway;
    gateway.listen.get_or_insert(GATEWAY_LISTEN);
    gateway.drain_timeout.get_or_insert(DRAIN_TIMEOUT);
}
