//! Verifies tokens as RDS does, for emulators and tests.

use subtle::ConstantTimeEq;

use super::amz_date::AmzDate;
use super::canonical_request::CanonicalRequest;
use super::claims::{Claims, ReadToken};
use super::connect_request::ConnectRequest;
use super::credential_scope::CredentialScope;
use super::credentials::Credentials;
use super::error::Rejection;
use super::lifetime::EXPIRES_IN_SECONDS_MAX;
use super::signing_key::SigningKey;
use super::string_to_sign::StringToSign;

/// How many seconds the signer's clock may be ahead of the verifier's. AWS requires that a request arrives within five
/// minutes of its date (IAM User Guide, "Troubleshoot signed AWS API requests").
pub const NOT_YET_VALID_TOLERANCE_SECONDS: u64 = 300;

/// The port that some SDKs omit from the signed `host` header. It is the default of `https`, and SDKs sign a token as
/// an `https` request.
const DEFAULT_PORT: u16 = 443;

/// Verifies that `credentials` signed the token, that it grants `expected`, and that it is valid at `now` (Unix
/// seconds).
///
/// Secrets are compared in constant time. For port 443, a signature over the host without the port is accepted too,
/// because some SDKs omit a default port.
///
/// # Errors
///
/// The first [`Rejection`] that applies, in the order of its cases.
pub fn verify(
    token: &str,
    credentials: &Credentials,
    expected: &ConnectRequest,
    now: u64,
) -> Result<Claims, Rejection> {
    let read = ReadToken::read(token).map_err(Rejection::Malformed)?;
    let claims = &read.claims;

    if claims.access_key_id != credentials.access_key_id() {
        let claimed = claims.access_key_id.clone();
        return Err(Rejection::AccessKeyIdMismatch(claimed));
    }
    match (&read.session_token, credentials.session_token()) {
        (None, Some(_)) => return Err(Rejection::SessionTokenMissing),
        (Some(_), None) => return Err(Rejection::SessionTokenUnexpected),
        (Some(claimed), Some(own)) if !equal(claimed.expose(), own.expose()) => {
            return Err(Rejection::SessionTokenMismatch);
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    if !is_signed_by(&read, credentials) {
        return Err(Rejection::SignatureMismatch);
    }

    if claims.region != expected.region() {
        return Err(Rejection::RegionMismatch(claims.region.clone()));
    }
    if claims.host != expected.host() {
        return Err(Rejection::HostMismatch(claims.host.clone()));
    }
    if claims.port != expected.port() {
        return Err(Rejection::PortMismatch(claims.port));
    }
    if claims.db_user != expected.db_user() {
        return Err(Rejection::DbUserMismatch(claims.db_user.clone()));
    }

    if !(1..=EXPIRES_IN_SECONDS_MAX).contains(&claims.expires_in_seconds) {
        return Err(Rejection::ExpiryOutOfRange(claims.expires_in_seconds));
    }
    if claims.signed_at > now.saturating_add(NOT_YET_VALID_TOLERANCE_SECONDS) {
        return Err(Rejection::NotYetValid(claims.signed_at));
    }
    if now >= claims.valid_until {
        return Err(Rejection::Expired(claims.valid_until));
    }
    match credentials.expires_at() {
        Some(expired_at) if now >= expired_at => Err(Rejection::CredentialsExpired(expired_at)),
        Some(_) | None => Ok(read.claims),
    }
}

/// Whether `credentials` produce the token's signature for the token's own claims. The expected permission is compared
/// later, so that a wrong claim and a wrong signature have different errors.
fn is_signed_by(token: &ReadToken<'_>, credentials: &Credentials) -> bool {
    let claims = &token.claims;
    let date = AmzDate::at(claims.signed_at);
    let scope = CredentialScope::new(&date, &claims.region);
    let key = SigningKey::derive(credentials.secret_access_key(), &date, &claims.region);
    let signed_with = |host_header: &str| {
        let hashed =
            CanonicalRequest::new([token.canonical_query.expose(), "", ""], host_header).hash();
        let signature = key.sign(&StringToSign::new(&date, &scope, &hashed));
        equal(&token.signature.to_ascii_lowercase(), signature.expose())
    };
    signed_with(&format!("{}:{}", claims.host, claims.port))
        || (claims.port == DEFAULT_PORT && signed_with(&claims.host))
}

/// Compares in a time that depends only on the lengths.
fn equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::super::{Lifetime, Malformed, presign};
    use super::*;

    const NOW: u64 = 1_724_709_600;

    fn credentials(
        id: &str,
        secret: &str,
        token: Option<&str>,
        expires_at: Option<u64>,
    ) -> Credentials {
        let token = token.map(Into::into);
        Credentials::new(id.into(), secret.into(), token, expires_at).unwrap()
    }

    fn request(host: &str, port: u16, region: &str, user: &str) -> ConnectRequest {
        ConnectRequest::new(host, port, region.into(), user.into()).unwrap()
    }

    fn token(credentials: &Credentials, request: &ConnectRequest) -> String {
        let lifetime = Lifetime::new(NOW, 900).unwrap();
        presign(credentials, request, lifetime)
            .unwrap()
            .text
            .into_exposed()
    }

    #[test]
    fn every_reason_is_a_case_of_its_own() {
        use Rejection::*;
        let ours = credentials("id", "key", None, None);
        let db = request("db.example.com", 3306, "us-east-1", "reader");
        let good = token(&ours, &db);
        let temporary = credentials("id", "key", Some("sts"), None);
        let other_sts = credentials("id", "key", Some("other"), None);
        let short_lived = credentials("id", "key", None, Some(NOW + 60));
        let with_expiry = |seconds: &str| good.replace("Expires=900", seconds);

        let rejected =
            |token: &str, by: &Credentials, now| verify(token, by, &db, now).unwrap_err();
        let for_other = |other: &ConnectRequest| rejected(&token(&ours, other), &ours, NOW);

        assert!(verify(&good, &ours, &db, NOW).is_ok());
        assert_eq!(
            rejected("hunter2", &ours, NOW),
            Malformed(self::Malformed::NotAToken)
        );
        assert_eq!(
            rejected(
                &token(&credentials("di", "key", None, None), &db),
                &ours,
                NOW
            ),
            AccessKeyIdMismatch("di".into())
        );
        assert_eq!(rejected(&good, &temporary, NOW), SessionTokenMissing);
        let with_sts = token(&temporary, &db);
        assert_eq!(rejected(&with_sts, &ours, NOW), SessionTokenUnexpected);
        assert_eq!(rejected(&with_sts, &other_sts, NOW), SessionTokenMismatch);
        assert_eq!(
            rejected(&good, &credentials("id", "yek", None, None), NOW),
            SignatureMismatch
        );
        assert_eq!(
            rejected(&with_expiry("Expires=901"), &ours, NOW),
            SignatureMismatch
        );
        assert_eq!(
            for_other(&request("db.example.com", 3306, "us-east-2", "reader")),
            RegionMismatch("us-east-2".into())
        );
        assert_eq!(
            for_other(&request("alias.example.com", 3306, "us-east-1", "reader")),
            HostMismatch("alias.example.com".into())
        );
        assert_eq!(
            for_other(&request("db.example.com", 3307, "us-east-1", "reader")),
            PortMismatch(3307)
        );
        assert_eq!(
            for_other(&request("db.example.com", 3306, "us-east-1", "Reader")),
            DbUserMismatch("Reader".into())
        );
        assert_eq!(rejected(&good, &ours, NOW - 301), NotYetValid(NOW));
        assert!(verify(&good, &ours, &db, NOW - 300).is_ok());
        assert!(verify(&good, &ours, &db, NOW + 899).is_ok());
        assert_eq!(rejected(&good, &ours, NOW + 900), Expired(NOW + 900));
        assert_eq!(
            rejected(&good, &short_lived, NOW + 60),
            CredentialsExpired(NOW + 60)
        );
    }

    /// Signs a query that [`presign`] refuses to sign.
    fn signed_by_hand(query: &str, host_header: &str) -> String {
        let date = AmzDate::at(NOW);
        let scope = CredentialScope::new(&date, "us-east-1");
        let hashed = CanonicalRequest::new([query, "", ""], host_header).hash();
        let key = SigningKey::derive(
            credentials("id", "key", None, None).secret_access_key(),
            &date,
            "us-east-1",
        );
        let signature = key.sign(&StringToSign::new(&date, &scope, &hashed));
        format!("{query}&X-Amz-Signature={}", signature.expose())
    }

    #[test]
    fn an_expiry_out_of_range_is_refused_even_if_signed() {
        let db = request("db.example.com", 3306, "us-east-1", "u");
        let ours = credentials("id", "key", None, None);
        let query = "Action=connect&DBUser=u&X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=id%2F20240826%2Fus-east-1%2Frds-db%2Faws4_request\
            &X-Amz-Date=20240826T220000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host";
        let signed = signed_by_hand(query, "db.example.com:3306");
        let token = format!("db.example.com:3306/?{signed}");
        assert_eq!(
            verify(&token, &ours, &db, NOW),
            Err(Rejection::ExpiryOutOfRange(86_400))
        );
    }

    #[test]
    fn port_443_may_be_left_out_of_the_signature_and_no_other() {
        let ours = credentials("id", "key", None, None);
        let query = "Action=connect&DBUser=u&X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=id%2F20240826%2Fus-east-1%2Frds-db%2Faws4_request\
            &X-Amz-Date=20240826T220000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host";
        let signed = signed_by_hand(query, "db.example.com");
        let verify_at = |port: u16| {
            let token = format!("db.example.com:{port}/?{signed}");
            let db = request("db.example.com", port, "us-east-1", "u");
            verify(&token, &ours, &db, NOW).map(|claims| claims.port)
        };
        assert_eq!(verify_at(443), Ok(443));
        assert_eq!(verify_at(3306), Err(Rejection::SignatureMismatch));
        // A token of this crate, whose signature includes the port, is accepted too.
        let db = request("db.example.com", 443, "us-east-1", "u");
        assert!(verify(&token(&ours, &db), &ours, &db, NOW).is_ok());
    }
}
