//! The kinds of errors, and their texts.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error as ThisError;

use super::{Error, NotCancelled, TopologyProblem, handshake_words, presign_words};
#[cfg(feature = "secrets-manager")]
use crate::aws::SecretError;
use crate::aws::{CredentialsError, RegionError};
use crate::component::{Fault, HandshakeError, PresignError, ServerError};
use crate::protocol::{Malformed, NameError, ValueError};
use crate::role::Role;
use crate::tls::TrustAnchorsError;
use rds_bridge_text::Printable;

/// The kind of an [`Error`](super::Error).
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or wrong.
    #[error("{setting}: {problem}")]
    Setting {
        /// The builder's method.
        setting: &'static str,
        /// The problem, and how to resolve it.
        problem: String,
    },
    /// There are no AWS credentials, or they cannot be used.
    #[error(transparent)]
    Credentials(CredentialsError),
    /// The user and the password cannot be read from the secret.
    #[cfg(feature = "secrets-manager")]
    #[error(transparent)]
    Secret(SecretError),
    /// The region to sign for cannot be determined.
    #[error(transparent)]
    Region(RegionError),
    /// The certificate authorities cannot be read.
    #[error(transparent)]
    TrustAnchors(TrustAnchorsError),
    /// The token cannot be signed.
    #[error("{}", presign_words(.0))]
    Presign(PresignError),
    /// The host name cannot be resolved to an address.
    #[error("cannot resolve {host}")]
    Resolve {
        /// The host name.
        host: String,
        /// The resolver's error.
        #[source]
        source: io::Error,
    },
    /// No address accepts a TCP connection. Each is listed with its error.
    #[error("{}", attempts(.0))]
    Connect(Vec<(SocketAddr, io::Error)>),
    /// The stage was not finished within its limit.
    #[error("timed out after {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// TLS cannot be established, or the server's certificate is refused.
    #[error("{}", tls_words(.0))]
    Tls(#[source] rustls::Error),
    /// The connection phase failed, other than by the server's error.
    #[error("{}", handshake_words::describe(.0))]
    Handshake(HandshakeError),
    /// The server's error, with its code, SQLSTATE and message.
    #[error("{}", server_words(.0))]
    Server(ServerError),
    /// As [`Self::Server`], received before TLS: anyone on the path may have written it.
    #[error("{} (received before TLS, so it may not be from the server)", server_words(.0))]
    ServerBeforeTls(ServerError),
    /// The server does not have the role that [`crate::BridgeBuilder::role`] asks for. The connection is unusable. A
    /// statement that only reads may have been executed, because it is sent with the set-up.
    #[error("the server is not {expected}")]
    WrongRole {
        /// The role that was asked for.
        expected: Role,
    },
    /// The endpoint does not lead to a server of the role, and no other member of its cluster could be used in its place
    /// ([`crate::BridgeBuilder::topology`]).
    #[error(
        "the endpoint does not lead to a server that can be used, and no other server of its cluster can be used: {problem}"
    )]
    NoOtherServer {
        /// Why no other server was found.
        problem: TopologyProblem,
        /// The error of the endpoint.
        source: Box<Error>,
    },
    /// Reading from or writing to the connection failed.
    #[error("the connection failed")]
    Io(#[source] io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server sent bytes that the protocol does not allow.
    #[error("the server violated the protocol: {0}")]
    Malformed(Malformed),
    /// A row is longer than [`crate::BridgeBuilder::max_row_bytes`] allows. The connection is unusable.
    #[error("a row is longer than {limit} bytes, the limit for a row")]
    RowTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A value cannot be read as the requested type.
    #[error(transparent)]
    Value(ValueError),
    /// The server requested a file of this machine (`LOCAL INFILE`), which is never sent.
    #[error("the server requested a file of this machine (LOCAL INFILE), which was refused")]
    LocalInfile,
    /// The number of parameters differs from that of the question marks in the statement.
    #[error("question marks in the statement: {expected}; parameters given: {given}")]
    ParameterCount {
        /// The number of question marks in the statement.
        expected: usize,
        /// The number of parameters.
        given: usize,
    },
    /// The names of the parameters do not match those in the statement.
    #[error(transparent)]
    ParameterName(NameError),
    /// A parameter of another crate's type has a value that MySQL's type cannot represent. The statement was not sent.
    #[error("parameter number {} cannot be sent: {reason}", .index.saturating_add(1))]
    UnrepresentableParameter {
        /// The parameter's index, counted from 0.
        index: usize,
        /// The reason.
        reason: &'static str,
    },
    /// One row was expected, and the result has no row.
    #[error("the result has no row, but one was expected")]
    NoRow,
    /// One row was expected, and the result has several.
    #[error("the result has more than one row")]
    MoreRows,
    /// A transaction is open already. Beginning another would commit it.
    #[error("a transaction is already open")]
    TransactionOpen,
    /// `BEGIN`, `START TRANSACTION`, `COMMIT` or `ROLLBACK` was passed as a statement to a
    /// [`Transaction`](crate::mysql::Transaction). It was not sent.
    #[error(
        "BEGIN, START TRANSACTION, COMMIT and ROLLBACK cannot be statements of a transaction: use its methods \
             commit and roll_back"
    )]
    TransactionStatement,
    /// The transaction has ended, by an earlier statement or a deadlock. The statement was not sent.
    #[error(
        "the transaction has ended: an earlier statement committed it, or the server rolled it back"
    )]
    TransactionEnded,
    /// No connection of the pool was free within the limit.
    #[error(
        "no connection was free within {} s, and at most {max_size} are allowed: raise max_size, or hold connections for a \
         shorter time",
        .limit.as_secs_f32()
    )]
    PoolTimeout {
        /// The acquire timeout.
        limit: Duration,
        /// The largest number of connections of the pool.
        max_size: usize,
    },
    /// The pool is closed.
    #[error("the pool is closed")]
    PoolClosed,
    /// An earlier call failed, or its future was dropped while it wrote a command: the connection is unusable.
    #[error(
        "the connection is unusable: an earlier call on it failed or was dropped before it completed"
    )]
    Unusable,
    /// A statement was not cancelled, and may still be running.
    #[error("the statement was not cancelled, and may still be running: {0}")]
    NotCancelled(NotCancelled),
    /// The sandbox failed.
    #[error("the sandbox failed")]
    Fault(#[source] Fault),
}

fn server_words(error: &ServerError) -> String {
    let ServerError {
        code,
        sql_state,
        message,
    } = error;
    let message = Printable(message);
    match sql_state {
        Some(state) => format!("{message} ({code}, {})", Printable(state)),
        None => format!("{message} ({code})"),
    }
}

fn tls_words(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "the server's certificate has expired"
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "the server's certificate is for another name"
            }
            // An authority with the expected name and another key is a different authority.
            Certificate::UnknownIssuer | Certificate::BadSignature => {
                "the server's certificate was issued by an unknown authority"
            }
            _ => "certificate verification failed",
        },
        _ => "the TLS handshake failed",
    }
}

fn attempts(attempts: &[(SocketAddr, io::Error)]) -> String {
    let attempts: Vec<String> = attempts
        .iter()
        .map(|(address, error)| format!("{address}: {error}"))
        .collect();
    format!("no address accepted a connection ({})", attempts.join("; "))
}
