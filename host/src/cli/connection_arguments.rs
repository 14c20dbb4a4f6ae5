//! The settings of a connection on the command line, which several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::error::Error;
use crate::bridge::{Bridge, BridgeBuilder, Timeouts};

#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArguments {
    /// The endpoint's own name, as RDS shows it; not an alias of it
    #[arg(long, env = "DB_HOST", value_name = "NAME")]
    pub(super) hostname: Option<String>,

    /// The endpoint's TCP port
    #[arg(long, env = "DB_PORT", default_value = "3306", value_name = "PORT")]
    pub(super) port: u16,

    /// The database user; upper and lower case differ
    #[arg(long, env = "DB_USER", value_name = "USER")]
    pub(super) username: Option<String>,

    /// The default database
    #[arg(long, env = "DB_NAME", value_name = "NAME")]
    pub(super) database: Option<String>,

    /// The endpoint's region. Without it: from the endpoint's name, else AWS_REGION, else
    /// AWS_DEFAULT_REGION, else the profile's
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,

    /// The profile of the AWS config files to take credentials from, and not from the environment
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// Where to connect, if not to the endpoint itself: a tunnel, a bastion, a PrivateLink address. The
    /// token and the certificate are still the endpoint's
    #[arg(long, env = "DB_CONNECT_TO", value_name = "HOST[:PORT]")]
    pub(super) connect_to: Option<String>,

    /// The name that the server's certificate must be for. Without it: the endpoint's
    #[arg(long, value_name = "NAME")]
    pub(super) tls_server_name: Option<String>,

    /// If the host is an alias (CNAME) of an RDS endpoint, sign for the endpoint
    #[arg(long)]
    pub(super) resolve_cname: bool,

    /// A PEM file of the authorities to trust, in place of the bundled roots of RDS and Amazon
    #[arg(long, env = "DB_CA_FILE", value_name = "FILE")]
    pub(super) ca_file: Option<std::ffi::OsString>,

    /// A PEM file of authorities to trust as well; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file_extra: Vec<PathBuf>,

    /// How long connecting may take in all
    #[arg(long, default_value = "30", value_name = "SECONDS")]
    pub(super) connect_timeout: u64,
}

impl ConnectionArguments {
    pub(super) fn builder(&self) -> Result<BridgeBuilder, Error> {
        // An empty variable is one that is not set.
        let set = |setting: &Option<String>| setting.clone().filter(|it| !it.is_empty());
        let host = set(&self.hostname).ok_or(Error::MissingSetting {
            what: "host",
            how: "give the endpoint's name with --hostname, or set DB_HOST",
        })?;
        let user = set(&self.username).ok_or(Error::MissingSetting {
            what: "user",
            how: "give the database user with --username, or set DB_USER",
        })?;
        let timeouts = Timeouts {
            whole: Duration::from_secs(self.connect_timeout),
            ..Timeouts::default()
        };
        let mut builder = Bridge::builder()
            .endpoint(host)
            .port(self.port)
            .user(user)
            .resolve_cname(self.resolve_cname)
            .timeouts(timeouts);
        if let Some(database) = set(&self.database) {
            builder = builder.database(database);
        }
        if let Some(region) = set(&self.region) {
            builder = builder.region(region);
        }
        if let Some(profile) = set(&self.profile) {
            builder = builder.profile(profile);
        }
        if let Some(address) = set(&self.connect_to) {
            builder = builder.connect_to(address);
        }
        if let Some(name) = set(&self.tls_server_name) {
            builder = builder.tls_server_name(name);
        }
        if let Some(path) = self.ca_file.as_ref().filter(|path| !path.is_empty()) {
            builder = builder.ca_file(path);
        }
        for path in &self.ca_file_extra {
            builder = builder.extra_ca_file(path);
        }
        Ok(builder)
    }
}
