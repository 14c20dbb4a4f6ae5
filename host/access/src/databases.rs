//! A database, by a name of the configuration.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A database, and how to log in to it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Database {
    /// Endpoint of the DB instance, cluster or proxy, for which tokens are signed.
    pub endpoint: String,
    /// TCP port of the endpoint; `None` is 3306.
    pub port: Option<NonZeroU16>,
    /// Database user. `None` takes `DB_USER`.
    pub user: Option<String>,
    /// Default database of clients that name none. `None` takes `DB_NAME`, if it is set.
    pub database: Option<String>,
    /// AWS region. `None` takes it from the endpoint's name, the environment or the profile.
    pub region: Option<String>,
    /// Profile of the AWS config files.
    pub profile: Option<String>,
    /// Address to connect to instead of the endpoint, `HOST[:PORT]`.
    pub connect_to: Option<String>,
    /// PEM file of the certificate authorities to trust instead of the bundled ones.
    pub ca_file: Option<PathBuf>,
    /// Role that the server must have; `None` is any.
    pub role: Option<Role>,
    /// How the new writer is found after a failover; `None` follows the endpoint's name. It requires `role`.
    pub topology: Option<Topology>,
    /// Host names of the cluster's instances, with `?` for the identifier. `None` derives them from the endpoint's name.
    pub instance_pattern: Option<String>,
    /// Limit on new connections in each second; `None` is 150.
    pub connections_per_second: Option<NonZeroU32>,
    /// Limit on the gateway's connections, over all database users; `None` is 10.
    pub max_connections: Option<NonZeroU32>,
}

/// Which server of a cluster connections may use.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Whichever server the endpoint leads to.
    Any,
    /// The server that accepts writes.
    Writer,
    /// A server that is read-only.
    Reader,
}

/// What the servers of a cluster have, from which its members are read.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Topology {
    /// The table of an Aurora MySQL cluster.
    Aurora,
    /// The table of a Multi-AZ DB cluster of RDS for MySQL.
    Rds,
}

impl Database {
    /// A database with the defaults of all settings but its endpoint.
    #[must_use]
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            port: None,
            user: None,
            database: None,
            region: None,
            profile: None,
            connect_to: None,
            ca_file: None,
            role: None,
            topology: None,
            instance_pattern: None,
            connections_per_second: None,
            max_connections: None,
        }
    }
}
