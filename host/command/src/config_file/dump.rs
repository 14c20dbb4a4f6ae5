//! `--dump-config`: the settings that apply, with their defaults, and without secrets.

use std::num::NonZeroU16;
use std::path::Path;

use rds_bridge::{DEFAULT_PORT, Role};
use rds_bridge_access::{self as access, Config, Database, ListenerConfig};
use rds_bridge_proxy::{DEFAULT_CLIENTS, DEFAULT_LOGINS, DEFAULT_LOGINS_PER_SOURCE};

use super::{ConfigFile, DRAIN_TIMEOUT, GATEWAY_CONNECTIONS, GATEWAY_LISTEN, own};
use crate::connection_arguments::{ConnectionArguments, Own};
use crate::error::Error;

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
    let owned = |text: &str| text.to_owned();
    let Own {
        host: _,
        port: _,
        user,
        region,
        database: name,
        profile,
        connect_to,
        ca_file,
        role,
        topology: _,
        instance_pattern: _,
    } = connection.filled(&own(database));
    let (user, name) = (user.map(owned), name.map(owned));
    let (region, profile) = (region.map(owned), profile.map(owned));
    let connect_to = connect_to.map(owned);
    let ca_file = ca_file.map(Path::to_owned);
    database.user = user;
    database.database = name;
    database.region = region;
    database.profile = profile;
    database.connect_to = connect_to;
    database.ca_file = ca_file;
    database.role = Some(match role {
        Some(Role::Writer) => access::Role::Writer,
        Some(Role::Reader) => access::Role::Reader,
        _ => access::Role::Any,
    });
    if database.port.is_none() {
        database.port = NonZeroU16::new(DEFAULT_PORT);
    }
    database.max_connections.get_or_insert(GATEWAY_CONNECTIONS);
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
    gateway.drain_notice.get_or_insert(0);
    gateway.show_statements.get_or_insert(false);
}
