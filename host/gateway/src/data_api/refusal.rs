//! Errors of requests that were refused before they were read: by the guards, for their credentials, or by a limit.

use axum::http::StatusCode;

use super::error::ApiError;
use crate::caller::{Exceeded, NotAdmitted, TokenError, retry_after};
use crate::http::Refused;
use crate::sigv4::SignatureError;
use crate::statistics::Ending;

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let error_type = match refused {
            Refused::Host | Refused::Origin | Refused::NotServed(_) => "AccessDeniedException",
            Refused::Malformed(_) => "ValidationException",
            Refused::TooManyBodies | Refused::Unavailable(_) => "ServiceUnavailableError",
            Refused::ContentType => "UnsupportedMediaTypeException",
            Refused::BodyTooLarge { .. } => "RequestEntityTooLargeException",
            Refused::BodyTimeout => "RequestTimeoutException",
        };
        Self::new(refused.status(), error_type, refused.to_string()).with_ending(Ending::Refused)
    }
}

/// The types that AWS has for signatures, which SDKs know: after `InvalidSignatureException` they correct their clock.
impl From<SignatureError> for ApiError {
    fn from(error: SignatureError) -> Self {
        let error_type = match error {
            SignatureError::Missing => "MissingAuthenticationTokenException",
            SignatureError::OtherAlgorithm
            | SignatureError::Malformed(_)
            | SignatureError::Date
            | SignatureError::MissingHeader(_)
            | SignatureError::UnsignedHeader(_) => "IncompleteSignatureException",
            SignatureError::SecurityToken | SignatureError::UnknownAccessKeyId => {
                "UnrecognizedClientException"
            }
            SignatureError::WrongService(_)
            | SignatureError::OtherDay
            | SignatureError::ClockSkew
            | SignatureError::PayloadHash
            | SignatureError::UnsignedPayload
            | SignatureError::Mismatch => "InvalidSignatureException",
        };
        Self::new(StatusCode::FORBIDDEN, error_type, error.to_string())
            .with_ending(Ending::Unauthenticated)
    }
}

impl From<NotAdmitted> for ApiError {
    fn from(refused: NotAdmitted) -> Self {
        let message = refused.to_string();
        let retry_after = refused.wait().map(retry_after);
        let (status, error_type) = match refused {
            NotAdmitted::Signature(error) => return error.into(),
            NotAdmitted::Unauthenticated => (StatusCode::FORBIDDEN, "UnrecognizedClientException"),
            NotAdmitted::Token(TokenError::KeysUnavailable) => {
                (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailableError")
            }
            NotAdmitted::Token(TokenError::Expired) => {
                (StatusCode::FORBIDDEN, "ExpiredTokenException")
            }
            NotAdmitted::Token(_) => (StatusCode::FORBIDDEN, "UnrecognizedClientException"),
            NotAdmitted::TooManyGuesses { .. } => THROTTLED,
        };
        Self::new(status, error_type, message)
            .with_ending(Ending::Unauthenticated)
            .with_retry_after(retry_after)
    }
}

/// The service model has no error for it. Every SDK knows this type of AWS's other services, and repeats the request
/// with backoff: some by the type, and botocore's mode `legacy` by the status.
const THROTTLED: (StatusCode, &str) = (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException");

impl ApiError {
    /// A limit of the caller is reached. Nothing was executed, so that an SDK may repeat the request.
    pub(super) fn limited(exceeded: Exceeded) -> Self {
        let (status, error_type) = THROTTLED;
        Self::new(status, error_type, exceeded.to_string())
            .with_ending(Ending::Limited)
            .with_retry_after(Some(Exceeded::RETRY_AFTER))
    }
}
