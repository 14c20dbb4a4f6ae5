//! `--config FILE`: the configuration file of `proxy` and `serve`.

mod dump;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};

use rds_bridge::error::{Chain, ErrorKind};
use rds_bridge::tls::TrustAnchorsError;
use rds_bridge::{DEFAULT_PORT, Role};
use rds_bridge_access::{self as access, Config, Database};
use rds_bridge_proxy::DEFAULT_RATE;

use super::connection_arguments::{ConnectionArguments, Own, Topology};
use super::error::Error;
use super::output;
use super::variables::is_given;

/// The options of one connection, and the keys of a database that stand for them.
const KEYS: [(&str, &str); 9] = [
    ("--hostname", "endpoint"),
    ("--port", "port"),
    ("--username", "user"),
    ("--region", "region"),
    ("--database", "database"),
    ("--profile", "profile"),
    ("--connect-to", "connect_to"),
    ("--ca-file", "ca_file"),
    ("--role", "role"),
];

/// Where the gateway listens if nothing else is set.
pub(crate) const GATEWAY_LISTEN: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The limit on the gateway's connections to a database.
pub(crate) const GATEWAY_CONNECTIONS: NonZeroU32 = match NonZeroU32::new(10) {
    Some(connections) => connections,
    None => NonZeroU32::MIN,
};
/// How long clients or requests may continue after SIGTERM, in seconds.
pub(crate) const DRAIN_TIMEOUT: u64 = 10;

/// A configuration file, as it was read.
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    pub(crate) config: Config,
}

impl ConfigFile {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| Error::Usage(format!("cannot read {shown}: {error}")))?;
        let config = Config::parse(&text).map_err(|error| {
            Error::Usage(format!("invalid configuration file {shown}: {error}"))
        })?;
        Ok(Self {
            path: path.to_owned(),
            config,
        })
    }

    /// Refuses options for which the file has keys. Their variables give what the file leaves out.
    pub(crate) fn check_options(&self) -> Result<(), Error> {
        match KEYS.into_iter().find(|(option, _)| is_given(option)) {
            Some((option, key)) => Err(Error::Usage(format!(
                "--config and {option} cannot be used together: set {key} in [databases.NAME] of {}",
                self.path.display()
            ))),
            None => Ok(()),
        }
    }

    /// The lowest limit of those that the server's databases have.
    pub(crate) fn connections_per_second(&self, database: &Database) -> NonZeroU32 {
        let databases = self.config.databases.values();
        let same = databases.filter(|it| server_of(it) == server_of(database));
        let limits = same.map(|it| it.connections_per_second.unwrap_or(DEFAULT_RATE));
        limits.min().unwrap_or(DEFAULT_RATE)
    }

    /// Checks what the connections to the databases need, such as their files. Connects to none.
    pub(crate) async fn check_databases(
        &self,
        connection: &ConnectionArguments,
    ) -> Result<(), Error> {
        for (name, database) in &self.config.databases {
            let own = own(database);
            // With a proxy, the user may be the client's.
            if !connection.has_user(&own) {
                continue;
            }
            let built = connection.builder_for(&own)?.build().await;
            built.map_err(|error| {
                self.problem(&match own.problem(&error) {
                    Some((key, problem)) => format!("databases.{name}.{key}: {problem}"),
                    None => format!("databases.{name}: {}", Error::Bridge(error)),
                })
            })?;
        }
        Ok(())
    }

    /// Prints that the file is valid.
    pub(crate) fn tell_valid(&self) -> Result<(), Error> {
        output::print_line(&format!("{} is valid", self.path.display()))
    }

    /// An error of the file as a whole.
    pub(crate) fn problem(&self, problem: &str) -> Error {
        Error::Usage(format!("{}: {problem}", self.path.display()))
    }
}

/// An endpoint's name and port.
pub(crate) type Server = (String, u16);

/// The server of a database.
pub(crate) fn server_of(database: &Database) -> Server {
    let port = database.port.map_or(DEFAULT_PORT, NonZeroU16::get);
    server(&database.endpoint, port)
}

/// The same for every way to write an endpoint.
pub(crate) fn server(host: &str, port: u16) -> Server {
    let host = host.strip_suffix('.').unwrap_or(host);
    (host.to_ascii_lowercase(), port)
}

impl Own<'_> {
    /// The key of the setting that is wrong, if the database has it in the file, and what is wrong with it.
    fn problem(&self, error: &rds_bridge::Error) -> Option<(&'static str, String)> {
        if let ErrorKind::TrustAnchors(TrustAnchorsError::CaFile(error)) = error.kind() {
            let is_of_file = self.ca_file == Some(&error.path);
            return is_of_file.then(|| ("ca_file", Chain(error).to_string()));
        }
        let ErrorKind::Setting { setting, problem } = error.kind() else {
            return None;
        };
        let is_of_file = match *setting {
            "endpoint" => self.host.is_some(),
            "port" => self.port.is_some(),
            "user" => self.user.is_some(),
            "region" => self.region.is_some(),
            "database" => self.database.is_some(),
            "profile" => self.profile.is_some(),
            "connect_to" => self.connect_to.is_some(),
            "role" => self.role.is_some(),
            "topology" => self.topology.is_some(),
            "instance_pattern" => self.instance_pattern.is_some(),
            _ => false,
        };
        is_of_file.then(|| (*setting, problem.clone()))
    }
}

/// An error of a database of the file, in which a setting has the name of its key.
pub(crate) fn with_key(error: Error, own: &Own<'_>) -> Error {
    let Error::Bridge(error) = error else {
        return error;
    };
    match own.problem(&error) {
        Some((key, problem)) => {
            let endpoint = own.host.unwrap_or_default();
            Error::Usage(format!("{key} of the database {endpoint}: {problem}"))
        }
        None => Error::Bridge(error),
    }
}

pub(crate) fn role(role: access::Role) -> Role {
    match role {
        access::Role::Writer => Role::Writer,
        access::Role::Reader => Role::Reader,
        _ => Role::Any,
    }
}

fn topology(topology: access::Topology) -> Option<Topology> {
    match topology {
        access::Topology::Aurora => Some(Topology::Aurora),
        access::Topology::Rds => Some(Topology::Rds),
        _ => None,
    }
}

/// The settings of the connection to a database.
pub(crate) fn own(database: &Database) -> Own<'_> {
    Own {
        host: Some(&database.endpoint),
        port: database.port.map(NonZeroU16::get),
        user: database.user.as_deref(),
        region: database.region.as_deref(),
        database: database.database.as_deref(),
        profile: database.profile.as_deref(),
        connect_to: database.connect_to.as_deref(),
        ca_file: database.ca_file.as_deref(),
        role: database.role.map(role),
        topology: database.topology.and_then(topology),
        instance_pattern: database.instance_pattern.as_deref(),
    }
}
