//! The error of finding credentials: the places that were searched, and the result of each.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError as SdkError;
use thiserror::Error;

use super::environment::MissingCredentials;
use super::profile::ProfileError;

/// No credentials can be used. It implements `Clone`, since callers that waited for the same call share its error.
#[derive(Clone, Debug, Error)]
pub enum CredentialsError {
    /// The environment has only a part of the credentials. Further places are not searched: their credentials would not
    /// be the intended ones.
    #[error("the AWS credentials in the environment cannot be used")]
    Environment(#[source] MissingCredentials),
    /// The profile does not exist or cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A place that is configured returned no credentials. The places after it are not searched: their credentials
    /// would not be the intended ones.
    #[error("no AWS credentials from {place}")]
    Failed {
        /// The place that failed.
        place: Place,
        /// The error of the AWS SDK.
        source: Arc<SdkError>,
    },
    /// The profile assumes a role that requires a code of multi-factor authentication (MFA), for which this library
    /// does not prompt.
    #[error(
        "no AWS credentials from the profile {profile:?}: its role requires an MFA code ({serial}), which rds-bridge \
         does not prompt for"
    )]
    NeedsMfa {
        /// The profile.
        profile: String,
        /// The profile's `mfa_serial`.
        serial: String,
        /// AWS's refusal.
        source: Arc<SdkError>,
    },
    /// An environment variable that names an endpoint is empty. The AWS SDK does not treat it as unset, and panics. The
    /// command removes such variables when it starts, which a library must not do.
    #[error(
        "no AWS credentials: the variable {variable} is empty, and the AWS SDK does not treat an empty variable as \
         unset: unset it"
    )]
    EmptyEndpoint {
        /// The name of the variable, such as `AWS_ENDPOINT_URL_STS`.
        variable: &'static str,
    },
    /// The profile is one of `aws login`, and the library was built without the feature `login`.
    #[error(
        "no AWS credentials from the profile {profile:?}: it uses `aws login`, and this build lacks the feature login"
    )]
    LoginNotBuiltIn {
        /// The profile.
        profile: String,
    },
    /// No place is configured to provide credentials.
    #[error("no AWS credentials: {}", Looked(.0))]
    NotFound(Vec<Unavailable>),
}

impl CredentialsError {
    /// Advice on how to resolve the error, in a sentence.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Environment(missing) => missing.hint(),
            Self::Profile(error) => error.hint(),
            Self::Failed { place, .. } => place.hint(),
            Self::NeedsMfa { .. } => {
                "run `aws configure export-credentials --profile NAME --format env`, which prompts for the code, and \
                 set the variables that it prints"
            }
            Self::EmptyEndpoint { .. } => "unset it",
            Self::LoginNotBuiltIn { .. } => {
                "run `aws configure export-credentials --profile NAME --format env`, and set the variables that it \
                 prints"
            }
            Self::NotFound(_) => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, \
                 or give the machine, container or function a role"
            }
        }
    }
}

/// A place that provides credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Environment variables.
    Environment,
    /// A profile of the AWS config files, by its name.
    Profile(String),
    /// STS, in exchange for the token in the file that `AWS_WEB_IDENTITY_TOKEN_FILE` names.
    WebIdentity,
    /// The endpoint that `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI` names (ECS, EKS
    /// Pod Identity).
    Container,
    /// The EC2 instance metadata service, version 2.
    InstanceMetadata,
    /// A provider that the caller has set.
    Provider,
}

impl Place {
    fn hint(&self) -> &'static str {
        match self {
            Self::Environment => {
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
            }
            Self::Profile(_) => {
                "check the profile in the AWS config files; for an SSO profile, run `aws sso login`; for a profile of \
                 `aws login`, run `aws login`"
            }
            Self::WebIdentity => "check AWS_ROLE_ARN, the token file and the role's trust policy",
            Self::Container => "check the task's or the pod's role",
            Self::InstanceMetadata => "check the instance's role",
            Self::Provider => "check the credentials provider",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("the environment"),
            Self::Profile(name) => write!(f, "the profile {name:?}"),
            Self::WebIdentity => f.write_str("the web identity token"),
            Self::Container => f.write_str("the container's endpoint"),
            Self::InstanceMetadata => f.write_str("the instance metadata"),
            Self::Provider => f.write_str("the credentials provider"),
        }
    }
}

/// A place that is not configured to provide credentials.
#[derive(Clone, Debug)]
pub struct Unavailable {
    /// The place.
    pub place: Place,
    /// The reason.
    pub reason: Arc<dyn StdError + Send + Sync>,
}

/// Displays all places with their reasons, in one line.
struct Looked<'a>(&'a [Unavailable]);

impl fmt::Display for Looked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Unavailable { place, reason }) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{place} has none")?;
            let mut error: Option<&(dyn StdError + 'static)> = Some(&**reason);
            // The outermost error of the SDK only repeats "has none".
            if reason.is::<SdkError>() {
                error = error.and_then(StdError::source);
            }
            let mut open = " (";
            let mut close = "";
            while let Some(one) = error {
                write!(f, "{open}{one}")?;
                (open, close) = (": ", ")");
                error = one.source();
            }
            f.write_str(close)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_place_and_what_it_said() {
        let sdk = |source: &'static str| Arc::new(SdkError::not_loaded(source));
        let error = CredentialsError::NotFound(vec![
            Unavailable {
                place: Place::Environment,
                reason: Arc::new(MissingCredentials::None),
            },
            Unavailable {
                place: Place::Profile("default".to_owned()),
                reason: Arc::new(SdkError::not_loaded_no_source()),
            },
            Unavailable {
                place: Place::InstanceMetadata,
                reason: sdk("switched off"),
            },
        ]);
        assert_eq!(
            error.to_string(),
            "no AWS credentials: the environment has none (AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY are not set), the profile \"default\" has none, the instance \
             metadata has none (switched off)"
        );
    }

    #[test]
    fn keeps_the_cause_of_a_failure() {
        let source = Arc::new(SdkError::provider_error("503"));
        let place = Place::Container;
        let error = CredentialsError::Failed { place, source };
        assert_eq!(
            error.to_string(),
            "no AWS credentials from the container's endpoint"
        );
        let cause = error.source().unwrap();
        assert_eq!(cause.source().unwrap().to_string(), "503");
    }
}
