//! Why a signature is refused.

use thiserror::Error;

/// Why a signed request is refused, and what the caller can do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum SignatureError {
    /// There is no `Authorization` header.
    #[error("the request is not signed: configure the SDK with an access key of the gateway")]
    Missing,
    /// There are several `Authorization` headers, or it is of another scheme.
    #[error(
        "the Authorization header does not use AWS4-HMAC-SHA256: sign with Signature Version 4"
    )]
    OtherAlgorithm,
    /// A part of the `Authorization` header is missing, repeated or malformed.
    #[error("the {0} of the Authorization header is missing or malformed: sign with an AWS SDK")]
    Malformed(&'static str),
    /// The credential scope names another service.
    #[error("the request is signed for the service {0:?}: sign it for rds-data")]
    WrongService(String),
    /// `X-Amz-Date` is missing, repeated or malformed.
    #[error("X-Amz-Date is missing or malformed: sign with an AWS SDK")]
    Date,
    /// The credential scope is of another day than `X-Amz-Date`.
    #[error("the credential scope and X-Amz-Date have different dates: sign the request again")]
    OtherDay,
    /// The request was signed too long before, or after, the gateway's time.
    #[error(
        "the signature has expired or is not valid yet, because X-Amz-Date differs from the gateway's clock by more \
         than 5 minutes: correct the clock"
    )]
    ClockSkew,
    /// The header is signed, but the request does not have it.
    #[error("the signed header {0:?} is not in the request: a proxy may have removed it")]
    MissingHeader(String),
    /// The request has a header that the signature must cover.
    #[error("the signature does not cover the header {0:?}: sign with an AWS SDK")]
    UnsignedHeader(String),
    /// `x-amz-content-sha256` is not the hash of the body.
    #[error("x-amz-content-sha256 is not the hash of the body: a proxy may have changed the body")]
    PayloadHash,
    /// The signature does not cover the body.
    #[error("the signature does not cover the body (UNSIGNED-PAYLOAD): sign the body")]
    UnsignedPayload,
    /// The request has a session token: its credentials are of AWS.
    #[error(
        "the request has an AWS session token, which only AWS can verify: sign with an access key of the gateway, and \
         unset AWS_SESSION_TOKEN"
    )]
    SecurityToken,
    /// The access key id is not of the gateway.
    #[error(
        "the gateway does not know the access key id: sign with an access key of the gateway, not with one of AWS"
    )]
    UnknownAccessKeyId,
    /// The signature is not that of the request.
    #[error(
        "the signature does not match the request: check the secret access key, and whether a proxy changes the host \
         or other headers"
    )]
    Mismatch,
}
