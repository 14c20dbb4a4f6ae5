//! The likely causes of a failure, the most likely first, each with a remedy. They are those that users of IAM
//! authentication encounter.

use std::io;

use super::server_causes::{self, Product};
use super::{ErrorKind, Remedy, Stage, TopologyProblem, other_protocols};
use crate::aws::CredentialsError;
use crate::component::{AuthPlugin, HandshakeError};

/// A likely cause of an error, with a remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The cause.
    pub why: String,
    /// The remedy.
    pub remedy: Remedy,
}

impl Cause {
    /// Creates a cause with its remedy.
    pub fn new(why: impl Into<String>, remedy: impl Into<Remedy>) -> Self {
        cause(why, remedy)
    }
}

pub(crate) fn cause(why: impl Into<String>, remedy: impl Into<Remedy>) -> Cause {
    Cause {
        why: why.into(),
        remedy: remedy.into(),
    }
}

/// The likely causes of an error that do not depend on the settings.
pub(crate) fn of_kind(stage: Stage, kind: &ErrorKind) -> Vec<Cause> {
    match kind {
        ErrorKind::Closed | ErrorKind::Io(_) if matches!(stage, Stage::Statement | Stage::Rows) => {
            of_lost(stage, kind)
        }
        ErrorKind::LocalInfile => vec![cause(
            "the statement is LOAD DATA LOCAL, or the server is malicious",
            "insert the rows with INSERT instead: rds-bridge never sends files",
        )],
        ErrorKind::RowTooLarge { .. } => vec![cause(
            "a value in the row is long, or the row has many values",
            "select a part of the value with SUBSTRING or JSON_EXTRACT, or raise the limit with {max_row_bytes}",
        )],
        ErrorKind::Credentials(error) => {
            let why = match error {
                CredentialsError::NotFound(_) => {
                    "no credentials were found in any of the searched places"
                }
                _ => "credentials are configured, but cannot be used or fetched",
            };
            vec![cause(why, error.hint())]
        }
        #[cfg(feature = "secrets-manager")]
        ErrorKind::Secret(error) => super::secret_causes::of_secret(error),
        ErrorKind::Server(error) | ErrorKind::ServerBeforeTls(error) => {
            server_causes::likely(stage, error, Product::Unknown)
        }
        ErrorKind::Handshake(error) => of_handshake(error),
        ErrorKind::WrongRole { .. } => vec![
            cause(
                "a failover is in progress, and the name still leads to the former writer",
                "retry on a new connection in a moment",
            ),
            cause(
                "the endpoint is one of another role",
                "use the writer's endpoint for the writer, and the reader endpoint for readers",
            ),
        ],
        ErrorKind::NoOtherServer { problem, .. } => of_topology(problem),
        ErrorKind::Malformed(_) => vec![cause(
            "a proxy on the path changes the stream, or the server is not a MySQL server",
            "connect directly, and report the error if it persists",
        )],
        _ => Vec::new(),
    }
}

fn of_topology(problem: &TopologyProblem) -> Vec<Cause> {
    let cause = match problem {
        TopologyProblem::Refused { .. } => cause(
            "the database user may not read the topology, or the server is of another kind of cluster",
            "use Aurora for Aurora, or RdsTopology for a Multi-AZ DB cluster and GRANT SELECT ON mysql.rds_topology to \
             the user; RdsTopology also needs REPLICATION CLIENT",
        ),
        TopologyProblem::NotCovered { .. } => cause(
            "the topology names a host outside of the cluster, another port, or a server of the other environment of a \
             blue/green deployment",
            "if the host is an instance of the cluster, give the form of its name with instance_pattern",
        ),
        TopologyProblem::SwitchoverInProgress | TopologyProblem::FormerEnvironment => cause(
            "the switchover is not over, or the resolver still has the addresses from before it",
            "retry in a moment; a switchover usually takes less than a minute",
        ),
        TopologyProblem::Unanswered
        | TopologyProblem::NotNamed { .. }
        | TopologyProblem::SeveralWriters { .. }
        | TopologyProblem::NotConfirmed { .. } => cause(
            "a failover is in progress, and the cluster has not chosen its new writer yet",
            "retry in a moment; if the error persists, check the state of the cluster in the RDS console",
        ),
    };
    vec![cause]
}

/// Of a connection that was lost after its set-up.
fn of_lost(stage: Stage, kind: &ErrorKind) -> Vec<Cause> {
    match kind {
        // TCP's user timeout has passed.
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::TimedOut => vec![cause(
            "the server's machine became unreachable, by a failover or a network failure: no acknowledgement for 15 s \
             (tcp_user_timeout in Rust)",
            "try again on a new connection; if the statement writes, find out first whether it was executed",
        )],
        // A command was sent on a connection that was already lost.
        _ if stage == Stage::Statement => vec![cause(
            "the connection was lost while it was idle, for example because of the server's wait_timeout, a restart, \
             or a frozen Lambda function",
            "open a new connection (in Rust, Connection::ping checks an old one)",
        )],
        _ => vec![
            cause(
                "the server stopped or closed the connection, or the network failed",
                "try again; the server's error log may have the reason",
            ),
            cause(
                "rows were read too slowly for the server's net_write_timeout (60 s by default), for example because a \
                 pager was open or a program takes long to process each row",
                "write the rows to a file first, or raise net_write_timeout",
            ),
        ],
    }
}

fn of_handshake(error: &HandshakeError) -> Vec<Cause> {
    match error {
        HandshakeError::RefusedAuthPlugin(AuthPlugin::MysqlClearPassword) => vec![cause(
            "the database user has IAM authentication or does not exist; the server does not say which",
            "log in as a user who has a password; or, for a user with IAM authentication, omit the password or \
             secret, so that a token is used",
        )],
        HandshakeError::RefusedAuthPlugin(_) | HandshakeError::TokenNotRequested => vec![cause(
            "the database user has no IAM authentication, or does not exist (for an unknown user, MySQL requests an \
             arbitrary method)",
            "run ALTER USER … IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS', or create the user with the \
             statements that rds-bridge setup prints; user names are case-sensitive",
        )],
        HandshakeError::MultiFactorAuthentication => vec![cause(
            "the account has a second factor, such as a hardware key, which requires a person",
            "log in as a user with one authentication factor, or remove the second one with ALTER USER … DROP 2 FACTOR",
        )],
        HandshakeError::UnsupportedAuthPlugin(name) => of_plugin(name),
        HandshakeError::TlsNotOffered => vec![cause(
            "the server is not RDS, or a proxy on the path strips TLS",
            "connect directly to the endpoint; no token or password was sent",
        )],
        HandshakeError::PacketTooLarge(large) => vec![cause(
            other_protocols::by_length(large.length),
            "check that this is the database's host and port",
        )],
        HandshakeError::UnsupportedProtocolVersion(version) => vec![cause(
            other_protocols::by_version(*version),
            "check that this is the database's host and port",
        )],
        HandshakeError::InvalidPacket(_)
        | HandshakeError::UnexpectedPacket(_)
        | HandshakeError::SequenceIdMismatch(_) => vec![cause(
            other_protocols::UNKNOWN,
            "check that this is the database's host and port",
        )],
        _ => Vec::new(),
    }
}

/// The likely causes if the connection is lost while a long command is sent.
pub(crate) fn of_long_command() -> Vec<Cause> {
    vec![cause(
        "the statement with its parameters is larger than the server's max_allowed_packet",
        "raise the limit in the parameter group, or send less at a time; SELECT @@max_allowed_packet shows the limit",
    )]
}

/// The likely causes of an unsupported authentication plugin. MySQL requests some plugin even for a user that does not
/// exist, so that names cannot be guessed.
fn of_plugin(name: &str) -> Vec<Cause> {
    let why = match name {
        "sha256_password" => {
            "the account uses MySQL's old sha256_password, which caching_sha2_password replaces"
        }
        "mysql_old_password" => "the account's password has the format of servers before MySQL 4.1",
        _ => "the account uses another authentication method, such as LDAP, Kerberos or PAM",
    };
    vec![
        cause(
            why,
            "change the account's method: ALTER USER … IDENTIFIED WITH caching_sha2_password BY …; on MariaDB, ALTER \
             USER … IDENTIFIED VIA ed25519 USING PASSWORD(…); for tokens, ALTER USER … IDENTIFIED WITH \
             AWSAuthenticationPlugin AS 'RDS'",
        ),
        cause(
            "the database has no user of this name (for an unknown user, MySQL requests an arbitrary method)",
            "check SELECT user, host, plugin FROM mysql.user; user names are case-sensitive",
        ),
    ]
}
