//! Why a token was not signed, could not be read, or was refused. Cases with values, no text.

use thiserror::Error;

/// The argument that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The access key id.
    AccessKeyId,
    /// The secret access key.
    SecretAccessKey,
    /// The STS session token.
    SessionToken,
    /// The endpoint's name.
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
    /// RDS signs for the name without it.
    #[error("it ends in a dot")]
    TrailingDot,
    /// Two dots in a row, or one in front.
    #[error("there is nothing between two of its dots")]
    EmptyLabel,
    /// The limit is 63 bytes (RFC 1035, section 2.3.4).
    #[error("more than 63 bytes lie between two of its dots")]
    LabelTooLong,
    /// Not allowed by RFC 1123, section 2.1.
    #[error("a part of it begins or ends with a hyphen")]
    HyphenAtEdge,
    /// RDS verifies a token against the endpoint's name.
    #[error("it is an IP address")]
    IpAddress,
}

/// Why no token was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// A text of no characters.
    #[error("the {} is empty", .0.name())]
    Empty(Field),
    /// A text over its limit.
    #[error("the {} has a length of {length}, and at most {limit} is allowed", .field.name())]
    TooLong {
        /// Which argument.
        field: Field,
        /// In characters for the user, in bytes for all others.
        length: usize,
        /// The longest allowed, in the same unit.
        limit: usize,
    },
    /// A character that the field may not hold. It is not given: it may be part of a secret.
    #[error("the {} may not hold the character at byte {offset}", .field.name())]
    InvalidCharacter {
        /// Which argument.
        field: Field,
        /// Bytes before the character.
        offset: usize,
    },
    /// Not a DNS name to sign for.
    #[error("the host is not the DNS name of an endpoint")]
    InvalidHost(#[source] HostProblem),
    /// Port 0 is no port.
    #[error("the port is 0")]
    PortZero,
    /// The value given.
    #[error("an expiry of {0} seconds is not within 1 to 900")]
    ExpiryOutOfRange(u32),
    /// The value given: past what `X-Amz-Date` can hold.
    #[error("the time {0} is past the year 9999")]
    TimeOutOfRange(u64),
    /// Retry with fresh credentials.
    #[error(
        "the credentials expired at {expired_at}, and the token was to be signed at {signed_at} (Unix seconds)"
    )]
    CredentialsExpired {
        /// Unix seconds.
        expired_at: u64,
        /// Unix seconds.
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
    /// All of them.
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

    /// As it stands in the query.
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
    /// An ordinary password, perhaps.
    #[error("not of the form host:port/?query")]
    NotAToken,
    /// A token is the presigned URL without its scheme.
    #[error("begins with a scheme")]
    HasScheme,
    /// As happens in connection URLs.
    #[error("percent-encoded twice")]
    EncodedTwice,
    /// The length given, in bytes.
    #[error("{0} bytes long")]
    TooLong(usize),
    /// Not a DNS name, or longer than 253 bytes.
    #[error("its host is not a DNS name")]
    InvalidHost,
    /// Not a number from 1 to 65,535.
    #[error("its port is not a number from 1 to 65535")]
    InvalidPort,
    /// `%` without two hexadecimal digits, or bytes that are not UTF-8; the offset in bytes.
    #[error("not percent-encoded text at byte {0}")]
    InvalidEncoding(usize),
    /// More than 32.
    #[error("more parameters than any token has")]
    TooManyParameters,
    /// A token cut short, perhaps.
    #[error("without {}", .0.name())]
    MissingParameter(Parameter),
    /// It is there twice.
    #[error("with more than one {}", .0.name())]
    RepeatedParameter(Parameter),
    /// A value that a token for `rds-db:connect` cannot have.
    #[error("with an impossible {}", .0.name())]
    InvalidParameter(Parameter),
}

/// Why a token is refused, in the order in which it is looked at: what the token is, who signed it,
/// what for, and when.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rejection {
    /// Not a token at all.
    #[error("not a token")]
    Malformed(#[source] Malformed),
    /// Signed with another access key; the one claimed.
    #[error("signed with the access key {0}")]
    AccessKeyIdMismatch(String),
    /// Signed without a session token, which these credentials have.
    #[error("signed without a session token")]
    SessionTokenMissing,
    /// Signed with a session token, which these credentials do not have.
    #[error("signed with a session token")]
    SessionTokenUnexpected,
    /// Signed with another session token.
    #[error("signed with another session token")]
    SessionTokenMismatch,
    /// Another secret access key, or a text that was changed on its way.
    #[error("the signature is not the one that the credentials make of it")]
    SignatureMismatch,
    /// The region claimed.
    #[error("signed for the region {0}")]
    RegionMismatch(String),
    /// The host claimed.
    #[error("signed for the host {0}")]
    HostMismatch(String),
    /// The port claimed.
    #[error("signed for the port {0}")]
    PortMismatch(u16),
    /// The user claimed.
    #[error("signed for the user {0}")]
    DbUserMismatch(String),
    /// The value claimed.
    #[error("an expiry of {0} seconds is not within 1 to 900")]
    ExpiryOutOfRange(u32),
    /// The time claimed, in Unix seconds.
    #[error("signed in the future, at {0}")]
    NotYetValid(u64),
    /// The second from which it no longer was good.
    #[error("expired at {0}")]
    Expired(u64),
    /// The second since when.
    #[error("the credentials that signed it expired at {0}")]
    CredentialsExpired(u64),
}
