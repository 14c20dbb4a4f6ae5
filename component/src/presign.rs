//! Amazon RDS IAM authentication tokens: a presigned SigV4 request for `rds-db:connect`.
//!
//! Sources: AWS IAM User Guide, "Create a signed AWS API request" (the steps) and "Signature Version 4: authenticating
//! requests, using query parameters"; Amazon RDS User Guide, "Connecting to your DB instance using IAM authentication"
//! (the form of the token).

mod amz_date;
mod canonical_request;
mod claims;
mod connect_request;
mod credential_scope;
mod credentials;
mod error;
mod lifetime;
mod signing_key;
mod string_to_sign;
mod unsigned_token;
mod verify;

pub use claims::{Claims, inspect};
pub use connect_request::ConnectRequest;
pub use credentials::Credentials;
pub use error::{Error, Field, HostProblem, Malformed, Parameter, Rejection};
pub use lifetime::Lifetime;
pub use verify::{NOT_YET_VALID_TOLERANCE_SECONDS, verify};

use crate::secret_string::SecretString;
use amz_date::AmzDate;
use canonical_request::CanonicalRequest;
use credential_scope::CredentialScope;
use signing_key::SigningKey;
use string_to_sign::StringToSign;
use unsigned_token::UnsignedToken;

/// A signed token. With it, one user can connect to one endpoint until it expires.
#[derive(Clone, Debug)]
pub struct AuthToken {
    /// The token's text: `host:port/?Action=connect&…`.
    pub text: SecretString,
    /// The first second at which the token is no longer valid, in Unix seconds. It is the earlier of the token's own
    /// expiry and the expiry of the credentials that signed it.
    pub valid_until: u64,
}

/// The intermediate results of a signature, with the names of the SigV4 documentation.
///
/// The canonical request contains the session token, and the signature is the secret part of the token: both are
/// secrets.
#[derive(Clone, Debug)]
pub struct Steps {
    /// Step 1: method, path, sorted query, headers, signed headers, hash of the empty payload.
    pub canonical_request: SecretString,
    /// Step 2: the SHA-256 of the canonical request, in lower-case hexadecimal.
    pub hashed_canonical_request: String,
    /// The credential scope: `yyyymmdd/region/rds-db/aws4_request`.
    pub credential_scope: String,
    /// Step 3: algorithm, date, credential scope and the hash of step 2.
    pub string_to_sign: String,
    /// Step 4: the signature, 64 lower-case hexadecimal digits.
    pub signature: SecretString,
}

/// Signs a token. The same arguments result in the same token.
///
/// # Errors
///
/// [`Error::CredentialsExpired`], if the credentials have expired when `lifetime` begins. The constructors of the
/// arguments have checked everything else.
pub fn presign(
    credentials: &Credentials,
    request: &ConnectRequest,
    lifetime: Lifetime,
) -> Result<AuthToken, Error> {
    let valid_until = lifetime.valid_until(credentials)?;
    let date = AmzDate::at(lifetime.signed_at());
    let scope = CredentialScope::new(&date, request.region());
    let unsigned = UnsignedToken::new(credentials, request, lifetime, &date, &scope);
    let signature = Signed::new(credentials, request, &date, &scope, &unsigned).signature;
    Ok(AuthToken {
        text: unsigned.sign(&signature),
        valid_until,
    })
}

/// Returns the intermediate results of the signature that [`presign`] makes for the same arguments.
///
/// # Errors
///
/// As [`presign`].
pub fn steps(
    credentials: &Credentials,
    request: &ConnectRequest,
    lifetime: Lifetime,
) -> Result<Steps, Error> {
    lifetime.valid_until(credentials)?;
    let date = AmzDate::at(lifetime.signed_at());
    let scope = CredentialScope::new(&date, request.region());
    let unsigned = UnsignedToken::new(credentials, request, lifetime, &date, &scope);
    let signed = Signed::new(credentials, request, &date, &scope, &unsigned);
    Ok(Steps {
        canonical_request: signed.canonical_request.text(),
        hashed_canonical_request: signed.hashed_canonical_request,
        credential_scope: scope.into_string(),
        string_to_sign: signed.string_to_sign.into_string(),
        signature: signed.signature,
    })
}

/// The results of the four steps.
struct Signed<'a> {
    canonical_request: CanonicalRequest<'a>,
    hashed_canonical_request: String,
    string_to_sign: StringToSign,
    signature: SecretString,
}

impl<'a> Signed<'a> {
    fn new(
        credentials: &Credentials,
        request: &ConnectRequest,
        date: &AmzDate,
        scope: &CredentialScope,
        unsigned: &'a UnsignedToken,
    ) -> Self {
        let key = SigningKey::derive(credentials.secret_access_key(), date, request.region());

        let canonical_request =
            CanonicalRequest::new(unsigned.canonical_query(), unsigned.host_header());
        let hashed_canonical_request = canonical_request.hash();
        let string_to_sign = StringToSign::new(date, scope, &hashed_canonical_request);
        let signature = key.sign(&string_to_sign);
        Self {
            canonical_request,
            hashed_canonical_request,
            string_to_sign,
            signature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS SDK for Java v2, `DefaultRdsUtilitiesTest`.
    #[test]
    fn signs_what_the_sdk_for_java_signs() {
        let credentials =
            Credentials::new("access_key".into(), "secret_key".into(), None, None).unwrap();
        let request = ConnectRequest::new(
            "host.us-east-1.amazonaws.com",
            3306,
            "us-east-1".into(),
            "mySQLUser".into(),
        )
        .unwrap();
        let lifetime = Lifetime::new(1_478_540_373, 900).unwrap();

        let token = presign(&credentials, &request, lifetime).unwrap();

        assert_eq!(
            token.text.expose(),
            "host.us-east-1.amazonaws.com:3306/?Action=connect&DBUser=mySQLUser\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=access_key%2F20161107%2Fus-east-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20161107T173933Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=87ab58107ef49f1c311a412f98b7f976b0b5152ffb559f0d36c6c9a0c5e0e362"
        );
        assert_eq!(token.valid_until, 1_478_540_373 + 900);
    }

    #[test]
    fn a_token_dies_with_its_credentials() {
        let request =
            ConnectRequest::new("db.example.com", 3306, "us-east-1".into(), "u".into()).unwrap();
        let lifetime = Lifetime::new(1_000, 900).unwrap();
        let valid_until = |expires_at| {
            let credentials =
                Credentials::new("id".into(), "key".into(), None, Some(expires_at)).unwrap();
            presign(&credentials, &request, lifetime).map(|token| token.valid_until)
        };

        assert_eq!(valid_until(5_000), Ok(1_900));
        assert_eq!(valid_until(1_300), Ok(1_300));
        assert_eq!(valid_until(1_001), Ok(1_001));
        assert_eq!(
            valid_until(1_000),
            Err(Error::CredentialsExpired {
                expired_at: 1_000,
                signed_at: 1_000
            })
        );
    }

    #[test]
    fn debug_prints_no_secret() {
        let credentials = Credentials::new(
            "AKIDEXAMPLE".into(),
            "hunter2".into(),
            Some("sessiontoken".into()),
            None,
        )
        .unwrap();
        let request =
            ConnectRequest::new("db.example.com", 3306, "us-east-1".into(), "u".into()).unwrap();
        let lifetime = Lifetime::new(1_000, 900).unwrap();
        let token = presign(&credentials, &request, lifetime).unwrap();
        let steps = steps(&credentials, &request, lifetime).unwrap();

        let printed = format!("{credentials:?} {token:?} {steps:?}");

        for secret in ["hunter2", "sessiontoken", steps.signature.expose()] {
            assert!(!printed.contains(secret), "{printed}");
        }
        assert!(printed.contains("AKIDEXAMPLE"));
    }
}
