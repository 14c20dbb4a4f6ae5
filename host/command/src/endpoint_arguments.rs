//! Options that a token and a connection both need: the endpoint, the user, and the AWS profile.

use std::env;
use std::io::{Write, stderr};

use clap::Args;
use clap::builder::BoolishValueParser;

use super::error::Error;
use super::variables::{is_given, name_of};
use rds_bridge::aws::region_of_endpoint;
use rds_bridge_text::PrintableLines;

#[derive(Args, Debug)]
pub(super) struct EndpointArguments {
    /// Endpoint of the DB instance, cluster, or proxy, as the RDS console shows it
    ///
    /// RDS accepts a token only if it is signed for this name. Give the endpoint itself, not an alias (CNAME) of it, or
    /// add --resolve-cname. The port is a separate option, --port.
    #[arg(long, env = "DB_HOST", value_name = "ENDPOINT")]
    hostname: Option<String>,

    /// TCP port of the endpoint [default: 3306]
    ///
    /// DB_PORT is ignored if --hostname names an endpoint other than DB_HOST.
    #[arg(long, env = "DB_PORT", value_name = "PORT")]
    port: Option<u16>,

    /// Database user; case-sensitive
    ///
    /// The name must be spelled as in CREATE USER and in the IAM policy.
    #[arg(long, env = "DB_USER", value_name = "USER")]
    username: Option<String>,

    /// AWS region of the endpoint
    ///
    /// RDS accepts a token only if it is signed for the region of the endpoint. Without this option, the region is
    /// taken from the first of these that has one: the endpoint's name, AWS_REGION, AWS_DEFAULT_REGION, the AWS
    /// profile.
    #[arg(long, env = "DB_REGION", value_name = "REGION")]
    region: Option<String>,

    /// Profile of the AWS config files from which to take credentials
    ///
    /// The profile takes precedence over credentials in the environment. Without this option, credentials are looked up
    /// as in the AWS SDKs: in the environment, in the profile that AWS_PROFILE names or else in "default", with a web
    /// identity token, at the container's endpoint, in the EC2 instance metadata.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// Look up the endpoint behind --hostname, which is an alias (CNAME), and sign for that endpoint
    ///
    /// For the writer endpoint of an Aurora global database, this finds the primary cluster.
    #[arg(long, env = "DB_RESOLVE_CNAME", value_parser = BoolishValueParser::new())]
    resolve_cname: bool,
}

impl EndpointArguments {
    pub(super) fn host(&self) -> Option<&str> {
        self.hostname.as_deref()
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The port. `DB_PORT` belongs to `DB_HOST`: with another endpoint on the command line it does not count.
    pub(super) fn port(&self) -> Option<u16> {
        let is_of_other_host = is_given("--hostname")
            && !is_given("--port")
            && env::var("DB_HOST").is_ok_and(|host| {
                !host.is_empty() && self.hostname.as_deref() != Some(host.as_str())
            });
        self.port.filter(|_| !is_of_other_host)
    }

    /// The port of the option `--port`, without `DB_PORT`.
    pub(super) fn port_of_option(&self) -> Option<u16> {
        self.port.filter(|_| is_given("--port"))
    }

    /// Warns on standard error of a region that is not the one in the endpoint's name.
    pub(super) fn warn_of_region(&self) {
        if let Some(warning) = self.region_warning() {
            // A closed standard error must not end the command.
            let _written = writeln!(stderr(), "rds-bridge: {}", PrintableLines(&warning));
        }
    }

    fn region_warning(&self) -> Option<String> {
        let given = self.region().filter(|region| !region.is_empty())?;
        let host = self.host()?;
        let named = region_of_endpoint(host).filter(|named| !named.eq_ignore_ascii_case(given))?;
        let option = name_of("--region", "DB_REGION");
        let remedy = match option {
            "--region" => "omit",
            _ => "unset",
        };
        Some(format!(
            "warning: {option} is {given}, but the endpoint {host} is in {named}: RDS will refuse the token: {remedy} \
             {option}"
        ))
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

/// The endpoint and the user. If both are missing, one error reports both.
pub(super) fn require_both<'a>(
    host: Option<&'a str>,
    user: Option<&'a str>,
) -> Result<(&'a str, &'a str), Error> {
    let (what, how) = match (host, user) {
        (Some(host), Some(user)) => return Ok((host, user)),
        (None, Some(_)) => ("endpoint", "give it with --hostname, or set DB_HOST"),
        (Some(_), None) => ("user", NO_USER),
        (None, None) => (
            "endpoint and no user",
            "give them with --hostname and --username, or set DB_HOST and DB_USER",
        ),
    };
    Err(Error::MissingSetting { what, how })
}

pub(super) const NO_USER: &str = "give the database user with --username, or set DB_USER";
