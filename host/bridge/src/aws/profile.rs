//! The AWS config files' profile: whether it is there, and the region it has.
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

/// A profile that cannot be used.
#[derive(Clone, Debug, Error)]
pub enum ProfileError {
    /// A profile was named, and no file has it. The SDK would go on without it, perhaps to the
    /// credentials of someone else.
    #[error("there is no profile {0:?} in the AWS config files")]
    NotFound(String),
    /// A file is there and cannot be read, or is not written as it must be.
    #[error("the AWS config files cannot be read")]
    Unreadable(#[source] Arc<ProfileFileLoadError>),
}

impl ProfileError {
    /// What to do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "`aws configure list-profiles` lists those that are there",
            Self::Unreadable(_) => {
                "check ~/.aws/config and ~/.aws/credentials, or what AWS_CONFIG_FILE and \
                 AWS_SHARED_CREDENTIALS_FILE name"
            }
        }
    }
}

/// The profile that is asked for: the one given, else that of `AWS_PROFILE`, else `default`.
///
/// # Errors
///
/// [`ProfileError`], where only a profile that someone named has to be there.
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

/// What a profile asks for beyond what this crate does by itself, in it or in one that it names as its
/// `source_profile`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Demands {
    /// The device whose code is to be given with AssumeRole (`mfa_serial`).
    pub(super) mfa_serial: Option<String>,
    /// The session of `aws login` (`login_session`).
    pub(super) login_session: Option<String>,
    /// Whether a service of AWS gives its credentials: STS, SSO or the one of `aws login`.
    pub(super) asks_a_service: bool,
}

/// What makes a profile one that asks a service.
const OF_SERVICES: [&str; 4] = ["role_arn", "sso_session", "sso_start_url", "login_session"];

/// Of files that cannot be read, nothing: something else has said so.
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

/// The region of a profile, or of the one that it names as its `source_profile`.
pub(super) async fn region_of_profile(name: &str) -> Option<String> {
    let provider = ProfileFileRegionProvider::builder()
        .profile_name(name)
        .build();
    let region = ProvideRegion::region(&provider).await?;
    Some(region.as_ref().to_owned()).filter(|region| !region.is_empty())
}
