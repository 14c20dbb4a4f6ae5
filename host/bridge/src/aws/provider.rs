//! Sources of credentials.

use std::sync::Arc;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use super::credentials::Credentials;
use super::credentials_error::{CredentialsError, Place};
use super::default_chain::DefaultChain;

/// A source of credentials. It has no cache; [`CachedCredentials`](super::CachedCredentials) adds one.
#[derive(Clone, Debug)]
pub struct CredentialsSource(Kind);

#[derive(Clone, Debug)]
enum Kind {
    DefaultChain(DefaultChain),
    Fixed(Credentials),
    Provider(SharedCredentialsProvider),
}

impl CredentialsSource {
    /// AWS's [default chain](DefaultChain), with a profile by its name; `None` if the caller sets none.
    #[must_use]
    pub fn default_chain(profile: Option<String>) -> Self {
        DefaultChain::new(profile).into()
    }

    /// Returns always these credentials.
    #[must_use]
    pub fn fixed(credentials: Credentials) -> Self {
        Self(Kind::Fixed(credentials))
    }

    /// A provider of the AWS SDK, or a custom one.
    pub fn provider(provider: impl ProvideCredentials + 'static) -> Self {
        SharedCredentialsProvider::new(provider).into()
    }

    /// Asks the source for credentials.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`], whose variants say at which place the search ended.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        match &self.0 {
            Kind::DefaultChain(chain) => chain.credentials().await,
            Kind::Fixed(credentials) => Ok(credentials.clone()),
            Kind::Provider(provider) => match provider.provide_credentials().await {
                Ok(credentials) => Ok(Credentials::from(&credentials)),
                Err(error) => Err(CredentialsError::Failed {
                    place: Place::Provider,
                    source: Arc::new(error),
                }),
            },
        }
    }
}

impl From<DefaultChain> for CredentialsSource {
    fn from(chain: DefaultChain) -> Self {
        Self(Kind::DefaultChain(chain))
    }
}

impl From<SharedCredentialsProvider> for CredentialsSource {
    fn from(provider: SharedCredentialsProvider) -> Self {
        Self(Kind::Provider(provider))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use aws_credential_types::credential_fn::provide_credentials_fn;
    use aws_credential_types::provider::error::CredentialsError as SdkError;
    use secrecy::ExposeSecret;

    use super::*;

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(test);
    }

    #[test]
    fn asks_a_provider_of_the_callers_own() {
        run(async {
            let sdk = aws_credential_types::Credentials::new("AKID", "secret", None, None, "test");
            let credentials = CredentialsSource::provider(sdk)
                .credentials()
                .await
                .unwrap();
            assert_eq!(credentials.access_key_id, "AKID");
            assert_eq!(credentials.secret_access_key.expose_secret(), "secret");
        });
    }

    #[test]
    fn says_which_provider_failed_and_why() {
        run(async {
            let broken =
                provide_credentials_fn(async || Err(SdkError::provider_error("vault sealed")));
            let error = CredentialsSource::provider(broken).credentials().await;
            let error = error.unwrap_err();
            assert_eq!(
                error.to_string(),
                "no AWS credentials from the credentials provider"
            );
            let cause = error.source().and_then(Error::source).unwrap();
            assert_eq!(cause.to_string(), "vault sealed");
        });
    }

    #[test]
    fn debug_prints_no_secret() {
        let fixed = CredentialsSource::fixed(Credentials::new("AKID", "hunter2"));
        let sdk = aws_credential_types::Credentials::new("AKID", "hunter2", None, None, "test");
        let provider = CredentialsSource::provider(sdk);
        let printed = format!("{fixed:?} {provider:?}");
        assert!(
            printed.contains("AKID") && !printed.contains("hunter2"),
            "{printed}"
        );
    }
}
