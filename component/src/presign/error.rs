//! Errors of signing, decoding and verifying tokens. They carry values, no text.

use thiserror::Error;

/// The invalid argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The access key id.
    AccessKeyId,
    /// The secret access key.
    SecretAccessKey,
    /// The STS session token.
    SessionToken,
    /// The endpoint's DNS name.
    Host,
    /// The region.
    Region,
    /// The database user.
    DbUser,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::AccessKeyId => "access key id",
            Self::SecretAccessKey => "secret access key",
            Self::SessionToken => "session token",
            Self::Host => "host",
            Self::Region => "region",
            Self::DbUser => "database user",
        }
    }
}

/// Why a host is not the DNS name of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HostProblem {
    /// The name ends with a dot. RDS verifies a token against the name without it.
    #[error("it ends with a dot")]
    TrailingDot,
    /// A label is empty: the name has two dots in a row, or begins with one.
    #[error("it has an empty label")]
    EmptyLabel,
    /// A label is longer than 63 bytes (RFC 1035, section 2.3.4).
    #[error("a label has more than 63 bytes")]
    LabelTooLong,
    /// A label begins or ends with `-`, which RFC 1123, section 2.1, does not allow.
    #[error("a label begins or ends with a hyphen")]
    HyphenAtEdge,
    /// The host is an IP address. RDS verifies a token against the endpoint's name.
    #[error("it is an IP address")]
    IpAddress,
}

/// Why no token was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// A field is empty.
    #[error("the {} is empty", .0.name())]
    Empty(Field),
    /// A field is longer than its limit.
    #[error("the {} has a length of {length}, but at most {limit} is allowed", .field.name())]
    TooLong {
        /// The invalid argument.
        field: Field,
        /// Its length: in characters for the user, in bytes for all others.
        length: usize,
        /// The greatest allowed length, in the same unit.
        limit: usize,
    },
    /// A field contains a character that it does not allow. The error omits the character, which may be part of a
    /// secret.
    #[error("the {} contains a character that is not allowed, at byte {offset}", .field.name())]
    InvalidCharacter {
        /// The invalid argument.
        field: Field,
        /// The character's offset, in bytes.
        offset: usize,
    },
    /// The host is not the DNS name of an endpoint.
    #[error("the host is not the DNS name of an endpoint")]
    InvalidHost(#[source] HostProblem),
    /// The port is 0.
    #[error("the port is 0")]
    PortZero,
    /// `expires_in_seconds` is not between 1 and 900. The value is that number.
    #[error("the lifetime must be 1 to 900 seconds, but is {0}")]
    ExpiryOutOfRange(u32),
    /// `signed_at` is after the year 9999, which `X-Amz-Date` cannot represent. The value is that time in Unix seconds.
    #[error("the time {0} is after the year 9999")]
    TimeOutOfRange(u64),
    /// The credentials have expired at the time of signing. Retry with fresh credentials.
    #[error(
        "the credentials expired at {expired_at}, before the time of signing, {signed_at} (Unix seconds)"
    )]
    CredentialsExpired {
        /// When the credentials expired, in Unix seconds.
        expired_at: u64,
        /// The time of signing, in Unix seconds.
        signed_at: u64,
    },
}

/// A parameter of a token's query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `Action`
    Action,
    /// `DBUser`
    DbUser,
    /// `X-Amz-Algorithm`
    Algorithm,
    /// `X-Amz-Credential`
    Credential,
    /// `X-Amz-Date`
    Date,
    /// `X-Amz-Expires`
    Expires,
    /// `X-Amz-SignedHeaders`
    SignedHeaders,
    /// `X-Amz-Security-Token`
    SecurityToken,
    /// `X-Amz-Signature`
    Signature,
}

impl Parameter {
    /// All parameters that a token can have, in the order of botocore and the AWS CLI.
    pub const ALL: [Self; 9] = [
        Self::Action,
        Self::DbUser,
        Self::Algorithm,
        Self::Credential,
        Self::Date,
        Self::Expires,
        Self::SignedHeaders,
        Self::SecurityToken,
        Self::Signature,
    ];

    /// The parameter's name in the query.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Action => "Action",
            Self::DbUser => "DBUser",
            Self::Algorithm => "X-Amz-Algorithm",
            Self::Credential => "X-Amz-Credential",
            Self::Date => "X-Amz-Date",
            Self::Expires => "X-Amz-Expires",
            Self::SignedHeaders => "X-Amz-SignedHeaders",
            Self::SecurityToken => "X-Amz-Security-Token",
            Self::Signature => "X-Amz-Signature",
        }
    }
}

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// The text does not have the form `host:port/?query`. It may be an ordinary password.
    #[error("not of the form host:port/?query")]
    NotAToken,
    /// The text begins with a scheme such as `https://`. A token is the presigned URL without its scheme.
    #[error("begins with a scheme")]
    HasScheme,
    /// The whole text was percent-encoded twice, as happens in connection URLs.
    #[error("percent-encoded twice")]
    EncodedTwice,
    /// The text is longer than 262,144 bytes. The value is its length in bytes.
    #[error("{0} bytes long")]
    TooLong(usize),
    /// The host is not a DNS name, or is longer than 253 bytes.
    #[error("its host is not a DNS name")]
    InvalidHost,
    /// The port is not a number from 1 to 65,535.
    #[error("its port is not a number from 1 to 65535")]
    InvalidPort,
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8. The value is the offset in bytes: of that
    /// `%`, or of the name or value that is not UTF-8.
    #[error("the percent-encoding is invalid at byte {0}")]
    InvalidEncoding(usize),
    /// The query has more than 32 parameters.
    #[error("the query has too many parameters")]
    TooManyParameters,
    /// A required parameter is missing. The token may be truncated.
    #[error("no {}", .0.name())]
    MissingParameter(Parameter),
    /// A parameter occurs more than once.
    #[error("more than one {}", .0.name())]
    RepeatedParameter(Parameter),
    /// A parameter has a value that is impossible in a token for `rds-db:connect`.
    #[error("the {} is invalid", .0.name())]
    InvalidParameter(Parameter),
}

/// Why a token is rejected. [`verify`](super::verify()) checks in the order of these cases: the format, the signer, the
/// granted permission, the time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The text is not a token.
    #[error("not a token")]
    Malformed(#[source] Malformed),
    /// Another access key signed the token. The value is the access key id in the token.
    #[error("signed with the access key {0}")]
    AccessKeyIdMismatch(String),
    /// The token has no session token, but the credentials have one.
    #[error("signed without a session token")]
    SessionTokenMissing,
    /// The token has a session token, but the credentials have none.
    #[error("signed with a session token")]
    SessionTokenUnexpected,
    /// The token has another session token than the credentials.
    #[error("signed with another session token")]
    SessionTokenMismatch,
    /// The signature is not the one that the credentials produce for this token. Another secret access key signed it,
    /// or the text was changed.
    #[error("the signature does not match the credentials")]
    SignatureMismatch,
    /// The token is for another region. The value is the region in the token.
    #[error("signed for the region {0}")]
    RegionMismatch(String),
    /// The token is for another host, such as an alias. The value is the host in the token.
    #[error("signed for the host {0}")]
    HostMismatch(String),
    /// The token is for another port. The value is the port in the token.
    #[error("signed for the port {0}")]
    PortMismatch(u16),
    /// The token is for another user; user names are case-sensitive. The value is the user in the token.
    #[error("signed for the user {0}")]
    DbUserMismatch(String),
    /// The token's validity is not between 1 and 900 seconds. The value is the number in the token.
    #[error("the lifetime must be 1 to 900 seconds, but is {0}")]
    ExpiryOutOfRange(u32),
    /// The token was signed more than 300 seconds after the verifier's time: one of the clocks is wrong. The value is
    /// the time of signing in Unix seconds. Retry with a new token.
    #[error("signed in the future, at {0}")]
    NotYetValid(u64),
    /// The token has expired. The value is the first second at which it was no longer valid, in Unix seconds. Retry
    /// with a new token.
    #[error("expired at {0}")]
    Expired(u64),
    /// The credentials that signed the token have expired. The value is their expiry in Unix seconds. Retry with a new
    /// token of fresh credentials.
    #[error("the credentials that signed the token expired at {0}")]
    CredentialsExpired(u64),
}
