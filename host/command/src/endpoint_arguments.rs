//! The endpoint, the user and whose credentials sign, on the command line: what a token and a connection
//! both need.

use clap::Args;
use clap::builder::BoolishValueParser;

use super::error::Error;

#[derive(Args, Debug)]
pub(super) struct EndpointArguments {
    /// The endpoint's own name, as RDS shows it; not an alias of it
    #[arg(long, env = "DB_HOST", value_name = "NAME")]
    hostname: Option<String>,

    /// The endpoint's TCP port. Without it: 3306
    #[arg(long, env = "DB_PORT", value_name = "PORT")]
    port: Option<u16>,

    /// The database user; upper and lower case differ
    #[arg(long, env = "DB_USER", value_name = "USER")]
    username: Option<String>,

    /// The endpoint's region. Without it: from the endpoint's name, else AWS_REGION, else
    /// AWS_DEFAULT_REGION, else the profile's
    #[arg(long, env = "DB_REGION", value_name = "REGION")]
    region: Option<String>,

    /// The profile of the AWS config files to take credentials from, and not from the environment.
    /// Without it: the environment's credentials, else the profile that AWS_PROFILE names, else
    /// "default"
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Take the host for an alias (CNAME) of an RDS endpoint: look it up, and sign for the endpoint. For the writer
    /// of an Aurora global database this finds the primary cluster
    #[arg(long, env = "DB_RESOLVE_CNAME", value_parser = BoolishValueParser::new())]
    resolve_cname: bool,
}

impl EndpointArguments {
    pub(super) fn host(&self) -> Result<&str, Error> {
        self.hostname.as_deref().ok_or_else(no_host)
    }

    pub(super) fn user(&self) -> Result<&str, Error> {
        self.username.as_deref().ok_or_else(no_user)
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    pub(super) fn resolve_cname(&self) -> bool {
        self.resolve_cname
    }

    pub(super) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }
}

pub(super) fn no_host() -> Error {
    Error::MissingSetting {
        what: "host",
        how: "give the endpoint's name with --hostname, or set DB_HOST",
    }
}

pub(super) fn no_user() -> Error {
    Error::MissingSetting {
        what: "user",
        how: "give the database user with --username, or set DB_USER",
    }
}
