//! The settings of a connection on the command line, which several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::endpoint_arguments::{EndpointArguments, no_host, no_user};
use super::error::Error;
use super::sandbox::EngineForALogin;
use rds_bridge::{Bridge, BridgeBuilder, Timeouts};

#[derive(Args, Debug)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArguments {
    #[command(flatten)]
    endpoint: EndpointArguments,

    /// A secret of AWS Secrets Manager, in place of a token: its user and password log in, and its host, port
    /// and database count where none is given; if built with the feature secrets-manager
    #[arg(
        long,
        env = "DB_SECRET_ARN",
        hide_env_values = true,
        value_name = "ARN"
    )]
    secret: Option<String>,

    /// The default database
    #[arg(long, env = "DB_NAME", value_name = "NAME")]
    database: Option<String>,

    /// Where to connect, if not to the endpoint itself: a tunnel, a bastion, a PrivateLink address. The
    /// token and the certificate are still the endpoint's
    #[arg(long, env = "DB_CONNECT_TO", value_name = "HOST[:PORT]")]
    connect_to: Option<String>,

    /// The name that the server's certificate must be for. Without it: the endpoint's
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,

    /// A PEM file of the authorities to trust, in place of the bundled roots of RDS and Amazon
    #[arg(long, env = "DB_CA_FILE", value_name = "FILE")]
    ca_file: Option<std::ffi::OsString>,

    /// A PEM file of authorities to trust as well; may be given more than once
    #[arg(long, value_name = "FILE")]
    ca_file_extra: Vec<PathBuf>,

    /// The collation of the connection, as utf8mb4_bin. Without it: the server's default for utf8mb4, as with the
    /// client mysql
    #[arg(long, value_name = "NAME")]
    collation: Option<String>,

    /// How long connecting may take in all. A longer one also lengthens each stage, as for an Aurora
    /// Serverless v2 that is paused: it resumes with the first connection, in some 15 seconds or more
    #[arg(long, default_value = "30", value_name = "SECONDS")]
    connect_timeout: u64,
}

impl ConnectionArguments {
    pub(super) fn builder(&self) -> Result<BridgeBuilder, Error> {
        let timeouts = timeouts(Duration::from_secs(self.connect_timeout));
        let mut builder = Bridge::builder()
            .resolve_cname(self.endpoint.resolve_cname())
            .timeouts(timeouts);
        let secret = self.secret.as_deref().and_then(set);
        if let Some(secret) = secret {
            builder = with_secret(builder, secret)?;
        }
        // What is not given may be in the secret.
        builder = match (self.endpoint.host().ok().and_then(set), secret) {
            (Some(host), _) => builder.endpoint(host),
            (None, Some(_)) => builder,
            (None, None) => return Err(no_host()),
        };
        builder = match (self.endpoint.user().ok().and_then(set), secret) {
            (Some(user), _) => builder.user(user),
            (None, Some(_)) => builder,
            (None, None) => return Err(no_user()),
        };
        if let Some(port) = self.endpoint.port() {
            builder = builder.port(port);
        }
        if let Some(database) = self.database.as_deref().and_then(set) {
            builder = builder.database(database);
        }
        if let Some(region) = self.endpoint.region().and_then(set) {
            builder = builder.region(region);
        }
        if let Some(profile) = self.endpoint.profile().and_then(set) {
            builder = builder.profile(profile);
        }
        if let Some(address) = self.connect_to.as_deref().and_then(set) {
            builder = builder.connect_to(address);
        }
        if let Some(name) = self.tls_server_name.as_deref().and_then(set) {
            builder = builder.tls_server_name(name);
        }
        if let Some(path) = self.ca_file.as_ref().filter(|path| !path.is_empty()) {
            builder = builder.ca_file(path);
        }
        if let Some(collation) = &self.collation {
            builder = builder.collation(collation);
        }
        for path in &self.ca_file_extra {
            builder = builder.extra_ca_file(path);
        }
        Ok(builder.engine(EngineForALogin::default()))
    }
}

/// The limits of the stages for one of all of them together.
///
/// The server may take all of it: to greet, and to finish the login. The other stages keep their own limits, which find
/// out sooner that nothing answers, unless more than the default was asked for: then they grow with it.
fn timeouts(whole: Duration) -> Timeouts {
    let default = Timeouts::default();
    let grown = |limit: Duration| {
        let times = whole.div_duration_f64(default.whole).max(1.0);
        Duration::try_from_secs_f64(limit.as_secs_f64() * times).unwrap_or(whole)
    };
    Timeouts {
        credentials: grown(default.credentials),
        resolve: grown(default.resolve),
        connect: grown(default.connect),
        tls: whole,
        login: whole,
        whole,
    }
}

#[cfg(feature = "secrets-manager")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn with_secret(builder: BridgeBuilder, secret: &str) -> Result<BridgeBuilder, Error> {
    Ok(builder.secret(secret))
}

#[cfg(not(feature = "secrets-manager"))]
fn with_secret(_: BridgeBuilder, _: &str) -> Result<BridgeBuilder, Error> {
    Err(Error::not_built_in("secrets-manager", "secrets-manager"))
}

/// An empty variable is one that is not set.
fn set(setting: &str) -> Option<&str> {
    (!setting.is_empty()).then_some(setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_limit_lengthens_every_stage() {
        let seconds = Duration::from_secs;
        let default = Timeouts::default();
        let usual = timeouts(seconds(30));
        assert_eq!((usual.tls, usual.login), (seconds(30), seconds(30)));
        assert_eq!(
            (usual.resolve, usual.connect),
            (default.resolve, default.connect)
        );
        let short = timeouts(seconds(5));
        assert_eq!((short.whole, short.connect), (seconds(5), default.connect));
        let long = timeouts(seconds(120));
        assert_eq!(
            (long.tls, long.login, long.whole),
            (seconds(120), seconds(120), seconds(120))
        );
        assert_eq!((long.connect, long.credentials), (seconds(20), seconds(40)));
        assert_eq!(timeouts(seconds(u64::MAX)).whole, seconds(u64::MAX));
    }
}
