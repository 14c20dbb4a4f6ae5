//! The likely causes of a failure, the most likely first, each with a remedy. They are those that users of IAM
//! authentication encounter.

use super::server_causes::{self, Product};
use super::{ErrorKind, Remedy, Stage, other_protocols};
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
        // A command was sent on a connection that was already lost.
        ErrorKind::Closed | ErrorKind::Io(_) if stage == Stage::Statement => vec![cause(
            "it died while it was idle: the server's wait_timeout, a restart, or a function that was \
             frozen in between",
            "make a new one; Connection::ping tells whether an old one lives",
        )],
        ErrorKind::Closed | ErrorKind::Io(_) if stage == Stage::Rows => vec![
            cause(
                "the server was stopped, it has ended the connection, or the network was cut",
                "try again; the server's error log tells which",
            ),
            cause(
                "rows were read more slowly than the server waits (net_write_timeout, by default 60 s): by a pager, or \
                 a program that does much for each row",
                "write them to a file first, or raise net_write_timeout",
            ),
        ],
        ErrorKind::LocalInfile => vec![cause(
            "the statement is a LOAD DATA LOCAL, or the server is not to be trusted",
            "no file is ever sent: INSERT the rows instead",
        )],
        ErrorKind::RowTooLarge { .. } => vec![cause(
            "a value of the row is long, or the row has many",
            "read a part of it, as SUBSTRING or JSON_EXTRACT give, or raise the limit: \
             {max_row_bytes}",
        )],
        ErrorKind::Credentials(error) => {
            vec![cause("no place that was looked at has any", error.hint())]
        }
        #[cfg(feature = "secrets-manager")]
        ErrorKind::Secret(error) => super::secret_causes::of_secret(error),
        ErrorKind::Server(error) | ErrorKind::ServerBeforeTls(error) => {
            server_causes::likely(stage, error, Product::Unknown)
        }
        ErrorKind::Handshake(error) => of_handshake(error),
        ErrorKind::Malformed(_) => vec![cause(
            "something on the way changes the stream, or it is not a MySQL server",
            "connect without what is in between, and report it if it stays",
        )],
        _ => Vec::new(),
    }
}

fn of_handshake(error: &HandshakeError) -> Vec<Cause> {
    match error {
        HandshakeError::RefusedAuthPlugin(AuthPlugin::MysqlClearPassword) => vec![cause(
            "the database user has IAM authentication, or does not exist, which the server does not reveal",
            "use a user with a password, or omit the password or the secret; user names are case-sensitive",
        )],
        HandshakeError::RefusedAuthPlugin(_) | HandshakeError::TokenNotRequested => vec![cause(
            "the database user has no IAM authentication, or does not exist: MySQL then requests an arbitrary method",
            "ALTER USER … IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS': rds-bridge setup prints it; names are \
             case-sensitive",
        )],
        HandshakeError::MultiFactorAuthentication => vec![cause(
            "the account has a second factor, as a hardware key, which a program without a person cannot give",
            "take a user of its own with one factor: ALTER USER … DROP 2 FACTOR",
        )],
        HandshakeError::UnsupportedAuthPlugin(name) => of_plugin(name),
        HandshakeError::TlsNotOffered => vec![cause(
            "it is not RDS, or something in between takes TLS away",
            "connect to the endpoint itself; nothing has been sent",
        )],
        HandshakeError::PacketTooLarge(large) => vec![cause(
            other_protocols::by_length(large.length),
            "see that host and port are the database's",
        )],
        HandshakeError::UnsupportedProtocolVersion(version) => vec![cause(
            other_protocols::by_version(*version),
            "see that host and port are the database's",
        )],
        HandshakeError::InvalidPacket(_)
        | HandshakeError::UnexpectedPacket(_)
        | HandshakeError::SequenceIdMismatch(_) => vec![cause(
            other_protocols::UNKNOWN,
            "see that host and port are the database's",
        )],
        _ => Vec::new(),
    }
}

/// The likely causes if the connection is lost while a long command is sent.
pub(crate) fn of_long_command() -> Vec<Cause> {
    vec![cause(
        "the statement with its parameters is larger than the server's max_allowed_packet",
        "SELECT @@max_allowed_packet shows it: raise it in the parameter group, or send less at once",
    )]
}

/// The likely causes of an unsupported authentication plugin. MySQL requests some plugin even for a user that does not
/// exist, so that names cannot be guessed.
fn of_plugin(name: &str) -> Vec<Cause> {
    let why = match name {
        "sha256_password" => {
            "the account has MySQL's old sha256_password, which caching_sha2_password has taken the place of"
        }
        "mysql_old_password" => "the account's password is kept as servers before MySQL 4.1 did",
        _ => "the account logs in by a method of its own: LDAP, Kerberos, PAM, or another",
    };
    vec![
        cause(
            why,
            "ALTER USER … IDENTIFIED WITH caching_sha2_password BY …, on MariaDB VIA ed25519; or with \
             AWSAuthenticationPlugin AS 'RDS' for tokens",
        ),
        cause(
            "the database has no user of this name: MySQL then asks for any method",
            "user names are case-sensitive: SELECT user, host, plugin FROM mysql.user",
        ),
    ]
}
