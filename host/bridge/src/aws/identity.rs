//! The identity of credentials: STS `GetCallerIdentity`, which every identity may call.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::BehaviorVersion;
use aws_sdk_sts::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, Region, RuntimeComponents};
use aws_sdk_sts::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_sdk_sts::primitives::{DateTime, DateTimeFormat};
use thiserror::Error;

use super::credentials::Credentials;
use super::endpoint_url::in_place_of_an_empty_one;
use super::environment::process_variable;
use super::http_client::http_client;
use super::plain_http;

/// Who the caller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The number of the AWS account.
    pub account: String,
    /// As `arn:aws:sts::123456789012:assumed-role/name/session`.
    pub arn: String,
    /// The identity's own id.
    pub user_id: String,
    /// What AWS's clock said, in Unix seconds, to set beside one's own.
    pub server_time: Option<u64>,
}

/// AWS did not say who the caller is.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// AWS answered, and refused: the credentials are wrong or expired, or a clock is off.
    #[error("AWS refuses the credentials: {code}: {message}")]
    Refused {
        /// As `InvalidClientTokenId`, `ExpiredToken`, `SignatureDoesNotMatch`.
        code: String,
        /// In AWS's words. Not part of any contract.
        message: String,
        /// What AWS's clock said, in Unix seconds.
        server_time: Option<u64>,
    },
    /// AWS did not answer, or not in a way that can be read.
    #[error("cannot ask AWS who the caller is")]
    NoAnswer(#[source] Box<SdkError<GetCallerIdentityError>>),
}

impl IdentityError {
    /// What is wrong with the endpoint that the environment or the profile names: it is one without TLS, and nothing
    /// was sent to it. None if the error is another.
    #[must_use]
    pub fn endpoint_without_tls(&self) -> Option<String> {
        plain_http::beneath(self).map(ToString::to_string)
    }
}

/// Asks the STS of a region. `AWS_ENDPOINT_URL_STS` or `AWS_ENDPOINT_URL` names another endpoint, as
/// do the settings of the profile; all is read from this process's environment and files. Needs a
/// Tokio runtime with time and I/O.
///
/// # Errors
///
/// [`IdentityError`] if AWS refuses, or does not answer.
pub async fn caller_identity(
    credentials: &Credentials,
    region: &str,
) -> Result<CallerIdentity, IdentityError> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .credentials_provider(aws_credential_types::Credentials::from(credentials))
        .region(Region::new(region.to_owned()))
        .load()
        .await;
    let mut config = aws_sdk_sts::config::Builder::from(&config);
    if let Some(url) = in_place_of_an_empty_one("AWS_ENDPOINT_URL_STS", process_variable) {
        config.set_endpoint_url(url);
    }
    let date = ServerDate::default();
    let answer = aws_sdk_sts::Client::from_conf(config.build())
        .get_caller_identity()
        .customize()
        .interceptor(date.clone())
        .send()
        .await;
    let server_time = date.unix_seconds();
    match answer {
        Ok(identity) => Ok(CallerIdentity {
            account: identity.account.unwrap_or_default(),
            arn: identity.arn.unwrap_or_default(),
            user_id: identity.user_id.unwrap_or_default(),
            server_time,
        }),
        Err(SdkError::ServiceError(error)) if error.err().code().is_some() => {
            let error = error.err();
            Err(IdentityError::Refused {
                code: error.code().unwrap_or_default().to_owned(),
                message: error.message().unwrap_or_default().to_owned(),
                server_time,
            })
        }
        Err(error) => Err(IdentityError::NoAnswer(Box::new(error))),
    }
}

/// The `Date` of the answer, which the SDK does not give out.
#[derive(Clone, Debug, Default)]
struct ServerDate(Arc<Mutex<Option<String>>>);

impl ServerDate {
    fn unix_seconds(&self) -> Option<u64> {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = DateTime::from_str(text.as_deref()?, DateTimeFormat::HttpDate).ok()?;
        u64::try_from(at.secs()).ok()
    }
}

impl Intercept for ServerDate {
    fn name(&self) -> &'static str {
        "ServerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(str::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}
