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
use super::endpoint_url::replace_empty_url;
use super::environment::process_variable;
use super::http_client::http_client;
use super::plain_http;

/// The identity of the caller, as STS returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The id of the AWS account, 12 digits.
    pub account: String,
    /// The ARN, such as `arn:aws:sts::123456789012:assumed-role/name/session`.
    pub arn: String,
    /// The unique id of the identity.
    pub user_id: String,
    /// The time of AWS's clock, in Unix seconds, to compare with the local clock; `None` if the response has no valid
    /// `Date`.
    pub server_time: Option<u64>,
}

/// The identity of the caller cannot be determined.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// AWS refuses the credentials: they are wrong or expired, or the local clock is wrong.
    #[error("AWS refuses the credentials: {code}: {message}")]
    Refused {
        /// AWS's error code, such as `InvalidClientTokenId`, `ExpiredToken` or `SignatureDoesNotMatch`.
        code: String,
        /// AWS's message, which may change at any time.
        message: String,
        /// The time of AWS's clock, in Unix seconds.
        server_time: Option<u64>,
    },
    /// AWS did not respond, or the response cannot be parsed.
    #[error("AWS did not answer the request for the identity of the credentials")]
    NoAnswer(#[source] Box<SdkError<GetCallerIdentityError>>),
}

impl IdentityError {
    /// A description of the problem, if the environment or the profile names an endpoint without TLS, to which nothing
    /// was sent; `None` for any other error.
    #[must_use]
    pub fn endpoint_without_tls(&self) -> Option<String> {
        plain_http::beneath(self).map(ToString::to_string)
    }
}

/// Asks the STS of a region for the caller's identity (`GetCallerIdentity`).
///
/// `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL` or the profile may name another endpoint; they are read from this
/// process's environment and files. It needs a Tokio runtime with time and I/O enabled.
///
/// # Errors
///
/// [`IdentityError`], if AWS refuses the credentials or does not respond.
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
    if let Some(url) = replace_empty_url("AWS_ENDPOINT_URL_STS", process_variable) {
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

/// Captures the `Date` header of the response, which the SDK does not return.
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
