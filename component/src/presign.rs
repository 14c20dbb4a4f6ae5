//! Amazon RDS IAM authentication tokens: a presigned SigV4 request for `rds-db:connect`.
//!
//! Sources: AWS IAM User Guide, "Create a signed AWS API request" (the four steps, each a file
//! here) and "Signature Version 4: authenticating requests, using query parameters"; Amazon RDS
//! User Guide, "Connecting to your DB instance using IAM authentication" (the form of the token).

mod amz_date;
mod canonical_request;
mod claims;
mod credential_scope;
mod credentials;
mod error;
mod grant;
mod lifetime;
mod query;
mod signing_key;
mod string_to_sign;
mod verify;

pub use claims::{Claims, inspect};
pub use credentials::Credentials;
pub use error::{Error, Field, HostProblem, Malformed, Parameter, Rejection};
pub use grant::Grant;
pub use lifetime::Lifetime;
pub use verify::{NOT_YET_VALID_TOLERANCE_SECONDS, verify};

use crate::secret::Secret;
use amz_date::AmzDate;
use canonical_request::CanonicalRequest;
use credential_scope::CredentialScope;
use query::Query;
use signing_key::SigningKey;
use string_to_sign::StringToSign;

/// A token that lets one user connect to one endpoint until it expires.
#[derive(Clone, Debug)]
pub struct AuthToken {
    /// `host:port/?Action=connect&…`
    pub text: Secret,
    /// Unix seconds: the first at which the token is no longer good. The earlier of the token's own
    /// end and the end of the credentials that signed it.
    pub valid_until: u64,
}

/// The steps of a signature, under the names of the SigV4 documentation.
///
/// The canonical request holds the session token, and the signature is what makes a token good:
/// both are secrets.
#[derive(Clone, Debug)]
pub struct Steps {
    /// Step 1.
    pub canonical_request: Secret,
    /// Step 2: SHA-256, lower-case hexadecimal.
    pub hashed_canonical_request: String,
    /// `yyyymmdd/region/rds-db/aws4_request`
    pub credential_scope: String,
    /// Step 3.
    pub string_to_sign: String,
    /// Step 4: 64 lower-case hexadecimal digits.
    pub signature: Secret,
}

/// Signs a token.
///
/// # Errors
///
/// [`Error::CredentialsExpired`] if the credentials are over at `lifetime`'s start. All else has
/// been checked when the arguments were made.
pub fn presign(
    credentials: &Credentials,
    grant: &Grant,
    lifetime: Lifetime,
) -> Result<AuthToken, Error> {
    let valid_until = lifetime.valid_until(credentials)?;
    let query = Query::new(credentials, grant, lifetime);
    let steps = sign(credentials, grant, lifetime, &query);
    let query = query.in_order_of_emission();

    let mut text = String::with_capacity(
        query
            .len()
            .saturating_add(grant.host().len())
            .saturating_add(128),
    );
    text.push_str(grant.host());
    text.push(':');
    text.push_str(&grant.port().to_string());
    text.push_str("/?");
    text.push_str(&query);
    text.push_str("&X-Amz-Signature=");
    text.push_str(steps.signature.expose());
    Ok(AuthToken {
        text: Secret::new(text),
        valid_until,
    })
}

/// The steps of the signature that [`presign`] gives for the same arguments.
///
/// # Errors
///
/// As [`presign`].
pub fn steps(credentials: &Credentials, grant: &Grant, lifetime: Lifetime) -> Result<Steps, Error> {
    lifetime.valid_until(credentials)?;
    let query = Query::new(credentials, grant, lifetime);
    Ok(sign(credentials, grant, lifetime, &query))
}

/// The four steps, on one screen.
fn sign(credentials: &Credentials, grant: &Grant, lifetime: Lifetime, query: &Query) -> Steps {
    let date = AmzDate::at(lifetime.signed_at());
    let scope = CredentialScope::new(date, grant.region());
    let host_header = format!("{}:{}", grant.host(), grant.port());

    let canonical_request = CanonicalRequest::new(&query.canonical(), &host_header);
    let hashed = canonical_request.hash();
    let string_to_sign = StringToSign::new(date, &scope, &hashed);
    let signature = SigningKey::derive(credentials.secret_access_key(), date, grant.region())
        .sign(&string_to_sign);

    Steps {
        canonical_request: canonical_request.into_secret(),
        hashed_canonical_request: hashed,
        credential_scope: scope.into_string(),
        string_to_sign: string_to_sign.into_string(),
        signature,
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
        let grant = Grant::new(
            "host.us-east-1.amazonaws.com",
            3306,
            "us-east-1".into(),
            "mySQLUser".into(),
        )
        .unwrap();
        let lifetime = Lifetime::new(1_478_540_373, 900).unwrap();

        let token = presign(&credentials, &grant, lifetime).unwrap();

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
        let grant = Grant::new("db.example.com", 3306, "us-east-1".into(), "u".into()).unwrap();
        let lifetime = Lifetime::new(1_000, 900).unwrap();
        let valid_until = |expires_at| {
            let credentials =
                Credentials::new("id".into(), "key".into(), None, Some(expires_at)).unwrap();
            presign(&credentials, &grant, lifetime).map(|token| token.valid_until)
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
        let grant = Grant::new("db.example.com", 3306, "us-east-1".into(), "u".into()).unwrap();
        let lifetime = Lifetime::new(1_000, 900).unwrap();
        let token = presign(&credentials, &grant, lifetime).unwrap();
        let steps = steps(&credentials, &grant, lifetime).unwrap();

        let printed = format!("{credentials:?} {token:?} {steps:?}");

        for secret in ["hunter2", "sessiontoken", steps.signature.expose()] {
            assert!(!printed.contains(secret), "{printed}");
        }
        assert!(printed.contains("AKIDEXAMPLE"));
    }
}
