//! Fetching, parsing and caching the secret of a database in AWS Secrets Manager.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

mod cached_secret;
mod database_secret;
mod secret_error;
mod secret_id;

pub(crate) use cached_secret::{CachedSecret, FetchSecret};
pub(crate) use database_secret::DatabaseSecret;
pub(crate) use secret_error::FetchError;
pub use secret_error::{SecretError, SecretProblem};
pub(crate) use secret_id::SecretId;

use std::error::Error as _;
use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValueError, GetSecretValueOutput,
};
use aws_types::region::Region;
use zeroize::Zeroizing;

use super::cache::CachedCredentials;
use super::credentials::Credentials;
use super::endpoint_url::replace_empty_url;
use super::environment::process_variable;
use super::http_client::http_client;

const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

/// Error codes for invalid credentials, rather than for the secret.
pub(crate) const OF_CREDENTIALS: [&str; 4] = [
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "UnrecognizedClientException",
];

/// A secret in Secrets Manager, and the credentials to read it.
#[derive(Debug)]
pub(crate) struct SecretsManager {
    pub(crate) id: SecretId,
    pub(crate) region: String,
    pub(crate) credentials: CachedCredentials,
    /// The profile whose settings in the AWS config files apply, such as an endpoint.
    pub(crate) profile: Option<String>,
}

impl FetchSecret for SecretsManager {
    /// Fetches the current version. `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL` or the profile may name
    /// another endpoint; they are read again by every call.
    async fn fetch(&self) -> Result<DatabaseSecret, FetchError> {
        let (version_id, text) = self.current().await?;
        let secret = DatabaseSecret::parse(version_id, &text);
        secret.map_err(|problem| self.error(problem).into())
    }
}

impl SecretsManager {
    /// The id of the current version, and its text.
    pub(crate) async fn current(&self) -> Result<(String, Zeroizing<String>), FetchError> {
        let credentials = self.credentials.credentials().await?;
        // On the heap: the SDK's future is large, and would make every future around it as large.
        let answer = Box::pin(self.ask(&credentials)).await;
        let read = answer.map_err(problem).and_then(read);
        if let Err(SecretProblem::Refused { code, .. }) = &read
            && OF_CREDENTIALS.contains(&code.as_str())
        {
            // The source may have other credentials by now, so the next call asks it.
            self.credentials.forget();
        }
        let (version_id, text) = read.map_err(|problem| self.error(problem))?;
        tracing::debug!(secret = %self.id, version = version_id, "secret fetched");
        Ok((version_id, text))
    }

    fn error(&self, problem: SecretProblem) -> SecretError {
        SecretError {
            secret: self.id.to_string(),
            region: self.region.clone(),
            problem,
        }
    }

    async fn ask(
        &self,
        credentials: &Credentials,
    ) -> Result<GetSecretValueOutput, SdkError<GetSecretValueError>> {
        let mut config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .credentials_provider(aws_credential_types::Credentials::from(credentials))
            .region(Region::new(self.region.clone()));
        if let Some(profile) = &self.profile {
            config = config.profile_name(profile);
        }
        let config = config.load().await;
        let mut config = aws_sdk_secretsmanager::config::Builder::from(&config);
        if let Some(url) = replace_empty_url(ENDPOINT_URL, process_variable) {
            config.set_endpoint_url(url);
        }
        aws_sdk_secretsmanager::Client::from_conf(config.build())
            .get_secret_value()
            .secret_id(self.id.to_string())
            .send()
            .await
    }
}

fn read(answer: GetSecretValueOutput) -> Result<(String, Zeroizing<String>), SecretProblem> {
    let version_id = answer.version_id.unwrap_or_default();
    let text = answer.secret_string.map(Zeroizing::new);
    let binary = answer
        .secret_binary
        .map(|binary| Zeroizing::new(binary.into_inner()));
    match (text, binary) {
        (Some(text), _) => Ok((version_id, text)),
        (None, Some(_)) => Err(SecretProblem::Binary),
        (None, None) => Err(SecretProblem::NotJson),
    }
}

/// Whether the endpoint's URL is invalid. The SDK has no variant for this error. Its message is not kept, since it
/// contains the request and the URL, which may contain a password.
fn is_of_endpoint(error: &SdkError<GetSecretValueError>) -> bool {
    let mut beneath = error.source();
    while let Some(error) = beneath {
        if error.to_string().starts_with("failed to apply endpoint") {
            return true;
        }
        beneath = error.source();
    }
    false
}

/// Converts the SDK's error. The error itself is kept only if it has no response in it: a response that could not be
/// parsed may contain the secret.
fn problem(error: SdkError<GetSecretValueError>) -> SecretProblem {
    let refused = match error {
        SdkError::ServiceError(refused) => refused,
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            return SecretProblem::Unreadable { status };
        }
        SdkError::ConstructionFailure(_) => return SecretProblem::NoRequest,
        error if is_of_endpoint(&error) => return SecretProblem::NoRequest,
        error => return SecretProblem::NoAnswer(Arc::new(error)),
    };
    let Some(code) = refused.err().code() else {
        let status = refused.raw().status().as_u16();
        return SecretProblem::Unreadable { status };
    };
    let message = refused.err().message().unwrap_or_default().to_owned();
    match code {
        "ResourceNotFoundException" => SecretProblem::NotFound { message },
        "AccessDeniedException" => SecretProblem::AccessDenied { message },
        "DecryptionFailure" => SecretProblem::NotDecrypted { message },
        // The code has several reasons, of which this is the only one for reading.
        "InvalidRequestException" => SecretProblem::Deleted { message },
        code => SecretProblem::Refused {
            code: code.to_owned(),
            message,
        },
    }
}
