//! Profiles of the AWS config files: their existence, region and other settings.
//!
//! The files are those of `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, by default
//! `~/.aws/config` and `~/.aws/credentials`.

use std::borrow::Cow;
use std::sync::Arc;

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileLoadError, ProfileFileRegionProvider};
use aws_types::os_shim_internal::{Env, Fs};
use thiserror::Error;

use super::environment::Variable;

/// A profile cannot be used.
#[derive(Clone, Debug, Error)]
pub enum ProfileError {
    /// No file has the profile that was named. The SDK would continue without it, perhaps with unintended credentials.
    #[error("there is no profile {0:?} in the AWS config files")]
    NotFound(String),
    /// A file exists, and cannot be read or parsed.
    #[error("the AWS config files cannot be read")]
    Unreadable(#[source] Arc<ProfileFileLoadError>),
}

impl ProfileError {
    /// Advice on how to resolve the error.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "check the name: `aws configure list-profiles` lists the profiles",
            Self::Unreadable(_) => {
                "check ~/.aws/config and ~/.aws/credentials, or the files that AWS_CONFIG_FILE and \
                 AWS_SHARED_CREDENTIALS_FILE name"
            }
        }
    }
}

/// The name of the profile: the given one, else that of `AWS_PROFILE`, else `default`.
///
/// # Errors
///
/// [`ProfileError`]. Only a profile that was named must exist; `default` need not.
pub(super) async fn profile_name(
    given: Option<&str>,
    variable: Variable,
) -> Result<String, ProfileError> {
    let from_environment = || variable("AWS_PROFILE").filter(|name| !name.is_empty());
    let named = given.map(str::to_owned).or_else(from_environment);
    let is_named = named.is_some();
    let name = named.unwrap_or_else(|| "default".to_owned());

    let selected = Some(Cow::Owned(name.clone()));
    let profiles =
        aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), selected)
            .await
            .map_err(|error| ProfileError::Unreadable(Arc::new(error)))?;
    if is_named && profiles.get_profile(&name).is_none() {
        return Err(ProfileError::NotFound(name));
    }
    Ok(name)
}

/// Settings of a profile, or of its chain of `source_profile`, that need more than this crate does by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Demands {
    /// The MFA device whose code AssumeRole requires (`mfa_serial`).
    pub(super) mfa_serial: Option<String>,
    /// The session of `aws login` (`login_session`).
    pub(super) login_session: Option<String>,
    /// Whether an AWS service provides the credentials: STS, SSO or that of `aws login`.
    pub(super) asks_a_service: bool,
}

/// The settings with which a profile asks a service.
const OF_SERVICES: [&str; 4] = ["role_arn", "sso_session", "sso_start_url", "login_session"];

/// Reads these settings. If the files cannot be read, it returns the default: [`profile_name`] reports that error.
pub(super) async fn demands(name: &str) -> Demands {
    let profiles =
        aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await;
    let mut demands = Demands::default();
    let Ok(profiles) = profiles else {
        return demands;
    };
    let mut seen = Vec::new();
    let mut next = Some(name);
    while let Some(name) = next.filter(|name| !seen.contains(name))
        && let Some(profile) = profiles.get_profile(name)
    {
        seen.push(name);
        let own = |key| profile.get(key).map(str::to_owned);
        demands.mfa_serial = demands.mfa_serial.or_else(|| own("mfa_serial"));
        demands.login_session = demands.login_session.or_else(|| own("login_session"));
        demands.asks_a_service |= OF_SERVICES.iter().any(|key| profile.get(key).is_some());
        next = profile.get("source_profile");
    }
    demands
}

/// The region of a profile, or of its `source_profile`.
pub(super) async fn region_of_profile(name: &str) -> Option<String> {
    let provider = ProfileFileRegionProvider::builder()
        .profile_name(name)
        .build();
    let region = ProvideRegion::region(&provider).await?;
    Some(region.as_ref().to_owned()).filter(|region| !region.is_empty())
}
