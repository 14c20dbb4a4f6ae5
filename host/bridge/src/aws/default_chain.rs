//! The AWS SDKs' default credentials chain, without the cost of the SDK if the environment has the credentials.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_config::default_provider::use_dual_stack::use_dual_stack_provider;
use aws_config::default_provider::use_fips::use_fips_provider;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError as SdkError;
use aws_types::region::Region;

use super::credentials::Credentials;
use super::credentials_error::{CredentialsError, Place, Unavailable};
use super::endpoint_url;
use super::environment::{
    MissingCredentials, Variable, credentials_from_environment, process_variable,
};
use super::http_client::http_client;
use super::profile::{Demands, demands, profile_name, region_of_profile};
use super::resolve_region::region_of_environment;
use super::sdk_error;

/// The default chain. It searches these places in order, and the first one that is configured decides:
///
/// 1. the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`. Skipped if the caller has set
///    a profile (but not if `AWS_PROFILE` names one), as in the AWS CLI;
/// 2. the profile that the caller has set, else that of `AWS_PROFILE`, else `default`: keys, a role to assume, SSO, a
///    console session of `aws login` (with the feature `login`), a process, a web identity token. A role whose trust
///    policy requires a code of MFA is an error, since this library does not prompt for one;
/// 3. a web identity token: `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`;
/// 4. the container's endpoint: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI` (ECS, EKS
///    Pod Identity);
/// 5. the EC2 instance metadata service, version 2, unless `AWS_EC2_METADATA_DISABLED` is `true`.
///
/// If the environment has credentials, no file is read and no HTTP client is created. Otherwise every call reads
/// everything again, so that changes of files take effect; no error is cached.
/// [`CachedCredentials`](super::CachedCredentials) caches the credentials.
///
/// Steps 2 to 5 are the SDK's. They read this process's environment and files, and need a Tokio runtime with time and
/// I/O enabled.
#[derive(Clone, Debug)]
pub struct DefaultChain {
    profile: Option<String>,
    fallback_region: Option<String>,
    variable: Variable,
}

impl DefaultChain {
    /// A chain with a profile, by its name; `None` if the caller sets none.
    #[must_use]
    pub fn new(profile: Option<String>) -> Self {
        Self {
            profile,
            fallback_region: None,
            variable: process_variable,
        }
    }

    /// Sets the region of the STS that assumes a role, if neither the environment nor the profile has a region. Without
    /// it, that is an error.
    #[must_use]
    pub fn with_fallback_region(mut self, region: &str) -> Self {
        self.fallback_region = Some(region.to_owned());
        self
    }

    /// Runs step 1 only. It takes microseconds and needs no runtime. Returns `None` if the environment has no
    /// credentials, or a profile is set.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::Environment`], if the environment has only a part of the credentials.
    pub fn from_environment(&self) -> Result<Option<Credentials>, CredentialsError> {
        if self.profile.is_some() {
            return Ok(None);
        }
        match credentials_from_environment(self.variable) {
            Ok(credentials) => Ok(Some(credentials)),
            Err(MissingCredentials::None) => Ok(None),
            Err(error) => Err(CredentialsError::Environment(error)),
        }
    }

    /// Runs the whole chain.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`], whose variants say at which place the chain ended.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        if let Some(credentials) = self.from_environment()? {
            return Ok(credentials);
        }
        let profile = profile_name(self.profile.as_deref(), self.variable).await?;
        let config = self.config(&profile).await;
        let mut unavailable = Vec::new();
        if self.profile.is_none() {
            unavailable.push(Unavailable {
                place: Place::Environment,
                reason: Arc::new(MissingCredentials::None),
            });
        }
        let places = [
            Place::Profile(profile),
            Place::WebIdentity,
            Place::Container,
            Place::InstanceMetadata,
        ];
        for place in places {
            if let Some(variable) = self.empty_endpoint(&place).await {
                return Err(CredentialsError::EmptyEndpoint { variable });
            }
            match load(&place, &config).await {
                Ok(credentials) => return Ok(credentials),
                Err(reason) if is_unavailable(&place, &reason) => {
                    let reason = Arc::new(reason);
                    unavailable.push(Unavailable { place, reason });
                }
                Err(source) => return Err(failed(place, source).await),
            }
        }
        Err(CredentialsError::NotFound(unavailable))
    }

    /// Finds an empty variable for an endpoint, if the place asks a service: the SDK would panic.
    async fn empty_endpoint(&self, place: &Place) -> Option<&'static str> {
        let is_empty = |name: &&str| (self.variable)(name).is_some_and(|url| url.is_empty());
        let variable = endpoint_url::OF_CREDENTIALS.into_iter().find(is_empty)?;
        let asks_a_service = match place {
            Place::Profile(name) => demands(name).await.asks_a_service,
            Place::WebIdentity => (self.variable)("AWS_WEB_IDENTITY_TOKEN_FILE").is_some(),
            _ => false,
        };
        asks_a_service.then_some(variable)
    }

    /// The configuration for the SDK's providers. Its region is for STS; that of SSO is in the profile, and the other
    /// providers need none.
    async fn config(&self, profile: &str) -> ProviderConfig {
        let region = match region_of_environment(self.variable) {
            Some((region, _)) => Some(region),
            None => region_of_profile(profile).await,
        };
        let region = region.or_else(|| self.fallback_region.clone());
        let config = ProviderConfig::without_region()
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_http_client(http_client())
            .with_region(region.map(Region::new));
        let fips = use_fips_provider(&config).await;
        let dual_stack = use_dual_stack_provider(&config).await;
        config.with_use_fips(fips).with_use_dual_stack(dual_stack)
    }
}

/// The error of a place that is configured and has returned no credentials.
async fn failed(place: Place, source: SdkError) -> CredentialsError {
    let demands = match &place {
        Place::Profile(name) => demands(name).await,
        _ => Demands::default(),
    };
    let source = Arc::new(sdk_error::without_request(source));
    let Place::Profile(profile) = &place else {
        return CredentialsError::Failed { place, source };
    };
    let profile = profile.clone();
    match demands {
        Demands {
            mfa_serial: Some(serial),
            ..
        } if sdk_error::code(&*source) == Some("AccessDenied") => CredentialsError::NeedsMfa {
            profile,
            serial,
            source,
        },
        Demands {
            login_session: Some(_),
            ..
        } if cfg!(not(feature = "login")) => CredentialsError::LoginNotBuiltIn { profile },
        _ => CredentialsError::Failed { place, source },
    }
}

/// Whether the place is not configured, so that the chain continues. Every error of the metadata service counts: it is
/// asked on every machine, and some networks answer in its place or block the request.
fn is_unavailable(place: &Place, reason: &SdkError) -> bool {
    *place == Place::InstanceMetadata || matches!(reason, SdkError::CredentialsNotLoaded(_))
}

/// Builds the provider of a place, and asks it.
async fn load(place: &Place, config: &ProviderConfig) -> Result<Credentials, SdkError> {
    let loaded = match place {
        // The environment was searched by `from_environment`.
        Place::Environment | Place::Provider => Err(SdkError::not_loaded_no_source()),
        Place::Profile(name) => {
            ProfileFileCredentialsProvider::builder()
                .configure(config)
                .profile_name(name)
                .build()
                .provide_credentials()
                .await
        }
        Place::WebIdentity => {
            WebIdentityTokenCredentialsProvider::builder()
                .configure(config)
                .build()
                .provide_credentials()
                .await
        }
        Place::Container => {
            EcsCredentialsProvider::builder()
                .configure(config)
                .build()
                .provide_credentials()
                .await
        }
        Place::InstanceMetadata => {
            ImdsCredentialsProvider::builder()
                .configure(config)
                .build()
                .provide_credentials()
                .await
        }
    };
    loaded.map(|credentials| Credentials::from(&credentials))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(profile: Option<&str>, variable: Variable) -> DefaultChain {
        DefaultChain {
            variable,
            ..DefaultChain::new(profile.map(str::to_owned))
        }
    }

    fn whole(name: &str) -> Option<String> {
        match name {
            "AWS_ACCESS_KEY_ID" => Some("AKID".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
            "AWS_PROFILE" => Some("not in any file".to_owned()),
            _ => None,
        }
    }

    fn half(name: &str) -> Option<String> {
        (name == "AWS_ACCESS_KEY_ID").then(|| "AKID".to_owned())
    }

    /// There is no runtime, so a call of the SDK would panic.
    #[test]
    fn what_the_environment_has_takes_neither_file_nor_runtime() {
        let chain = chain(None, whole);
        let mut answer = std::pin::pin!(chain.credentials());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(Ok(credentials)) = answer.as_mut().poll(&mut context) else {
            panic!("not ready");
        };
        assert_eq!(credentials.access_key_id, "AKID");
    }

    #[test]
    fn half_of_the_credentials_is_an_error_and_not_a_reason_to_look_on() {
        let error = chain(None, half).from_environment().unwrap_err();
        assert!(matches!(
            error,
            CredentialsError::Environment(MissingCredentials::SecretAccessKey)
        ));
    }

    #[test]
    fn a_profile_that_is_given_passes_the_environment_over() {
        let given = |variable| chain(Some("other"), variable).from_environment();
        assert!(given(whole).unwrap().is_none());
        assert!(given(half).unwrap().is_none());
        let named_in_the_environment = chain(None, whole).from_environment();
        assert!(named_in_the_environment.unwrap().is_some());
    }
}
