//! AWS Signature Version 4: verifies a request that is signed with a key pair of the gateway's own.
//!
//! A signature that was made with credentials of AWS can be verified by AWS alone, because only AWS knows their secret. Any
//! AWS SDK signs with a key pair of the gateway when it is configured as the SDK's access key.
//!
//! The steps have the names of the specification, each in its own file.
//!
//! AWS Identity and Access Management User Guide, "Create a signed AWS API request":
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

mod amz_date;
mod authorization;
mod canonical_request;
mod credential_scope;
mod error;
mod signed_headers;
mod signing_key;
mod string_to_sign;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use axum::http::request::Parts;
use ring::digest::{SHA256, digest};
use secrecy::SecretString;

pub(crate) use error::SignatureError;

use amz_date::AmzDate;
use authorization::Authorization;
use canonical_request::CanonicalRequest;
use signing_key::SigningKey;
use string_to_sign::StringToSign;

/// How far the date of a request may be from the gateway's clock, in either direction. AWS allows the same
/// ("Troubleshoot signed AWS API requests").
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

/// The header with the hash of the body. Not every SDK sends it.
const CONTENT_SHA256: &str = "x-amz-content-sha256";
/// The header of temporary credentials.
const SECURITY_TOKEN: &str = "x-amz-security-token";
/// The header with the time of signing.
const AMZ_DATE: &str = "x-amz-date";

/// Verifies that a request is signed for `service` with a key pair of the gateway, and returns its access key id.
///
/// `secret_access_key` returns the secret of an access key id that the gateway knows. `now` is the gateway's clock. The
/// signature must cover `host`, `x-amz-date`, every other `x-amz-` header of the request, and the body. It is valid for
/// every region.
///
/// Within [`CLOCK_TOLERANCE`], a copy of a signed request is valid too: use TLS, so that it cannot be copied.
///
/// # Errors
///
/// The first [`SignatureError`] that applies.
pub(crate) fn verify<'s>(
    request: &Parts,
    body: &[u8],
    service: &str,
    secret_access_key: impl FnOnce(&str) -> Option<&'s SecretString>,
    now: SystemTime,
) -> Result<String, SignatureError> {
    let (authorization, date) = read_head(&request.headers, service, now)?;
    let scope = &authorization.scope;
    let payload_hash = payload_hash(request, body)?;
    let canonical = CanonicalRequest::new(request, &authorization.signed_headers, &payload_hash)?;
    let string_to_sign = StringToSign::new(&date, scope, &canonical);
    let secret = secret_access_key(&authorization.access_key_id)
        .ok_or(SignatureError::UnknownAccessKeyId)?;
    let key = SigningKey::derive(secret, scope);
    if key.verifies(&string_to_sign, &authorization.signature) {
        Ok(authorization.access_key_id)
    } else {
        Err(SignatureError::Mismatch)
    }
}

/// Checks the headers of a signed request as [`verify`] does, and returns the access key id that it claims. The signature
/// is not verified, since it covers the body.
///
/// # Errors
///
/// The first [`SignatureError`] that applies.
pub(crate) fn check_head(
    headers: &HeaderMap,
    service: &str,
    now: SystemTime,
) -> Result<String, SignatureError> {
    let (authorization, _) = read_head(headers, service, now)?;
    Ok(authorization.access_key_id)
}

fn read_head(
    headers: &HeaderMap,
    service: &str,
    now: SystemTime,
) -> Result<(Authorization, AmzDate), SignatureError> {
    let authorization = Authorization::read(headers)?;
    if headers.contains_key(SECURITY_TOKEN) {
        return Err(SignatureError::SecurityToken);
    }
    let scope = &authorization.scope;
    if scope.service != service {
        return Err(SignatureError::WrongService(scope.service.clone()));
    }
    let date = AmzDate::read(headers)?;
    if scope.day != date.day() {
        return Err(SignatureError::OtherDay);
    }
    if date.distance(now) > CLOCK_TOLERANCE {
        return Err(SignatureError::ClockSkew);
    }
    authorization.signed_headers.check_coverage(headers)?;
    Ok((authorization, date))
}

/// The access key id that a request claims to be signed with. Nothing of it is verified.
pub(crate) fn access_key_id(headers: &HeaderMap) -> Option<String> {
    Authorization::read(headers).ok().map(|it| it.access_key_id)
}

/// The hash of the body, in lower-case hexadecimal. A request that names a hash must name this one.
fn payload_hash(request: &Parts, body: &[u8]) -> Result<String, SignatureError> {
    let hash = hex::encode(digest(&SHA256, body));
    let mut claimed = request.headers.get_all(CONTENT_SHA256).iter();
    match claimed.next() {
        None => Ok(hash),
        Some(value) if claimed.next().is_none() && value.as_bytes() == hash.as_bytes() => Ok(hash),
        Some(value) if value.as_bytes().starts_with(b"UNSIGNED-PAYLOAD") => {
            Err(SignatureError::UnsignedPayload)
        }
        Some(_) => Err(SignatureError::PayloadHash),
    }
}
