//! `rds:bridge/presign`: converts between the contract's types and this crate's.

use super::exports::rds::bridge::presign as wit;
use super::{Component, number};
use crate::presign::{
    self, AuthToken, ConnectRequest, Credentials, Error, Field, HostProblem, Lifetime,
};
use crate::presign::{Claims, Malformed, Parameter, Rejection};

impl wit::Guest for Component {
    type AuthToken = AuthToken;

    fn presign(
        credentials: wit::Credentials,
        request: wit::ConnectRequest,
        lifetime: wit::Lifetime,
    ) -> Result<wit::AuthToken, wit::Error> {
        let (credentials, request, lifetime) = arguments(credentials, request, lifetime)?;
        let token = presign::presign(&credentials, &request, lifetime)?;
        Ok(wit::AuthToken::new(token))
    }

    fn steps(
        credentials: wit::Credentials,
        request: wit::ConnectRequest,
        lifetime: wit::Lifetime,
    ) -> Result<wit::SigningSteps, wit::Error> {
        let (credentials, request, lifetime) = arguments(credentials, request, lifetime)?;
        let steps = presign::steps(&credentials, &request, lifetime)?;
        Ok(wit::SigningSteps {
            canonical_request: steps.canonical_request.into_exposed(),
            hashed_canonical_request: steps.hashed_canonical_request,
            credential_scope: steps.credential_scope,
            string_to_sign: steps.string_to_sign,
            signature: steps.signature.into_exposed(),
        })
    }

    fn inspect(token: String) -> Result<wit::Claims, wit::Malformed> {
        let token = crate::secret_string::SecretString::new(token);
        Ok(presign::inspect(token.expose())?.into())
    }

    fn verify(
        token: String,
        credentials: wit::Credentials,
        expected: wit::ConnectRequest,
        now: u64,
    ) -> Result<wit::Claims, wit::Rejection> {
        let token = crate::secret_string::SecretString::new(token);
        let expectation = |error: Error| wit::Rejection::InvalidExpectation(error.into());
        let credentials = Credentials::try_from(credentials).map_err(expectation)?;
        let expected = ConnectRequest::try_from(expected).map_err(expectation)?;
        Ok(presign::verify(token.expose(), &credentials, &expected, now)?.into())
    }
}

impl wit::GuestAuthToken for AuthToken {
    fn text(&self) -> String {
        self.text.expose().to_owned()
    }

    fn valid_until(&self) -> u64 {
        self.valid_until
    }
}

fn arguments(
    credentials: wit::Credentials,
    request: wit::ConnectRequest,
    lifetime: wit::Lifetime,
) -> Result<(Credentials, ConnectRequest, Lifetime), Error> {
    let credentials = credentials.try_into()?;
    let request = request.try_into()?;
    let lifetime = Lifetime::new(lifetime.signed_at, lifetime.expires_in_seconds)?;
    Ok((credentials, request, lifetime))
}

impl TryFrom<wit::Credentials> for Credentials {
    type Error = Error;

    fn try_from(credentials: wit::Credentials) -> Result<Self, Error> {
        Self::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            credentials.session_token,
            credentials.expires_at,
        )
    }
}

impl TryFrom<wit::ConnectRequest> for ConnectRequest {
    type Error = Error;

    fn try_from(request: wit::ConnectRequest) -> Result<Self, Error> {
        Self::new(&request.host, request.port, request.region, request.db_user)
    }
}

impl From<Claims> for wit::Claims {
    fn from(claims: Claims) -> Self {
        Self {
            host: claims.host,
            port: claims.port,
            region: claims.region,
            db_user: claims.db_user,
            access_key_id: claims.access_key_id,
            signed_at: claims.signed_at,
            expires_in_seconds: claims.expires_in_seconds,
            valid_until: claims.valid_until,
            has_session_token: claims.has_session_token,
        }
    }
}

impl From<Field> for wit::Field {
    fn from(field: Field) -> Self {
        match field {
            Field::AccessKeyId => Self::AccessKeyId,
            Field::SecretAccessKey => Self::SecretAccessKey,
            Field::SessionToken => Self::SessionToken,
            Field::Host => Self::Host,
            Field::Region => Self::Region,
            Field::DbUser => Self::DbUser,
        }
    }
}

impl From<HostProblem> for wit::HostProblem {
    fn from(problem: HostProblem) -> Self {
        match problem {
            HostProblem::TrailingDot => Self::TrailingDot,
            HostProblem::EmptyLabel => Self::EmptyLabel,
            HostProblem::LabelTooLong => Self::LabelTooLong,
            HostProblem::HyphenAtEdge => Self::HyphenAtEdge,
            HostProblem::IpAddress => Self::IpAddress,
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Empty(field) => Self::Empty(field.into()),
            Error::TooLong {
                field,
                length,
                limit,
            } => Self::TooLong(wit::TooLong {
                field: field.into(),
                length: number(length),
                limit: number(limit),
            }),
            Error::InvalidCharacter { field, offset } => {
                Self::InvalidCharacter(wit::InvalidCharacter {
                    field: field.into(),
                    offset: number(offset),
                })
            }
            Error::InvalidHost(problem) => Self::InvalidHost(problem.into()),
            Error::PortZero => Self::PortZero,
            Error::ExpiryOutOfRange(seconds) => Self::ExpiryOutOfRange(seconds),
            Error::TimeOutOfRange(time) => Self::TimeOutOfRange(time),
            Error::CredentialsExpired {
                expired_at,
                signed_at,
            } => Self::CredentialsExpired(wit::CredentialsExpired {
                expired_at,
                signed_at,
            }),
        }
    }
}

impl From<Parameter> for wit::Parameter {
    fn from(parameter: Parameter) -> Self {
        match parameter {
            Parameter::Action => Self::Action,
            Parameter::DbUser => Self::DbUser,
            Parameter::Algorithm => Self::Algorithm,
            Parameter::Credential => Self::Credential,
            Parameter::Date => Self::Date,
            Parameter::Expires => Self::Expires,
            Parameter::SignedHeaders => Self::SignedHeaders,
            Parameter::SecurityToken => Self::SecurityToken,
            Parameter::Signature => Self::Signature,
        }
    }
}

impl From<Malformed> for wit::Malformed {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::NotAToken => Self::NotAToken,
            Malformed::HasScheme => Self::HasScheme,
            Malformed::EncodedTwice => Self::EncodedTwice,
            Malformed::TooLong(length) => Self::TooLong(number(length)),
            Malformed::InvalidHost => Self::InvalidHost,
            Malformed::InvalidPort => Self::InvalidPort,
            Malformed::InvalidEncoding(offset) => Self::InvalidEncoding(number(offset)),
            Malformed::TooManyParameters => Self::TooManyParameters,
            Malformed::MissingParameter(parameter) => Self::MissingParameter(parameter.into()),
            Malformed::RepeatedParameter(parameter) => Self::RepeatedParameter(parameter.into()),
            Malformed::InvalidParameter(parameter) => Self::InvalidParameter(parameter.into()),
        }
    }
}

impl From<Rejection> for wit::Rejection {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Malformed(malformed) => Self::Malformed(malformed.into()),
            Rejection::AccessKeyIdMismatch(claimed) => Self::AccessKeyIdMismatch(claimed),
            Rejection::SessionTokenMissing => Self::SessionTokenMissing,
            Rejection::SessionTokenUnexpected => Self::SessionTokenUnexpected,
            Rejection::SessionTokenMismatch => Self::SessionTokenMismatch,
            Rejection::SignatureMismatch => Self::SignatureMismatch,
            Rejection::RegionMismatch(claimed) => Self::RegionMismatch(claimed),
            Rejection::HostMismatch(claimed) => Self::HostMismatch(claimed),
            Rejection::PortMismatch(claimed) => Self::PortMismatch(claimed),
            Rejection::DbUserMismatch(claimed) => Self::DbUserMismatch(claimed),
            Rejection::ExpiryOutOfRange(seconds) => Self::ExpiryOutOfRange(seconds),
            Rejection::NotYetValid(signed_at) => Self::NotYetValid(signed_at),
            Rejection::Expired(valid_until) => Self::Expired(valid_until),
            Rejection::CredentialsExpired(expired_at) => Self::CredentialsExpired(expired_at),
        }
    }
}
