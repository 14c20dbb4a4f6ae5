//! The region to sign for. There is no default: a region is always named somewhere.

use std::fmt;

use thiserror::Error;

use super::endpoint_kind::EndpointKind;
use super::environment::Variable;
use super::profile::{ProfileError, profile_name, region_of_profile};
use super::region::region_of_endpoint;
use crate::remedy::Remedy;

/// Where the region was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionSource {
    /// The caller.
    Given,
    /// The endpoint's name.
    Endpoint,
    /// An environment variable: `AWS_REGION` or `AWS_DEFAULT_REGION`.
    Environment(&'static str),
    /// A profile of the AWS config files, by its name.
    Profile(String),
}

impl fmt::Display for RegionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => f.write_str("set explicitly"),
            Self::Endpoint => f.write_str("the endpoint's name"),
            Self::Environment(variable) => f.write_str(variable),
            Self::Profile(name) => write!(f, "the profile {name:?}"),
        }
    }
}

/// The region cannot be determined.
#[derive(Clone, Debug, Error)]
pub enum RegionError {
    /// No place has a region.
    #[error(
        "no region: the endpoint's name contains none, AWS_REGION and AWS_DEFAULT_REGION are not \
         set, and the profile {profile:?} has none"
    )]
    NotFound {
        /// The profile that was searched.
        profile: String,
    },
    /// The endpoint is the writer of an Aurora global database, whose region changes with a switchover. The region of
    /// the environment or of the profile may be another.
    #[error(
        "{host} is the writer of an Aurora global database, and its name does not contain the region"
    )]
    GlobalWriter {
        /// The endpoint.
        host: String,
    },
    /// The profile does not exist or cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl RegionError {
    /// Advice on how to resolve the error, in a sentence.
    #[must_use]
    pub fn hint(&self) -> Remedy {
        match self {
            Self::NotFound { .. } => "give it with {region}, or set AWS_REGION".into(),
            Self::GlobalWriter { .. } => {
                "set {resolve_cname} to use the primary cluster's endpoint, or give the database's region with \
                 {region}".into()
            }
            Self::Profile(error) => error.hint().into(),
        }
    }
}

/// Determines the region, and where it was found.
///
/// It is the given one, else that in the endpoint's name, else `AWS_REGION`, else `AWS_DEFAULT_REGION`, else that of
/// the profile: the given one, else that of `AWS_PROFILE`, else `default`. The AWS config files are read for the last
/// step only.
///
/// For the writer endpoint of an Aurora global database, the region must be given: the environment and the profile do
/// not know where its primary cluster is.
///
/// # Errors
///
/// [`RegionError`], if no place has a region, or the profile cannot be used.
pub async fn resolve_region(
    given: Option<&str>,
    host: &str,
    profile: Option<&str>,
    variable: Variable,
) -> Result<(String, RegionSource), RegionError> {
    if let Some(found) = region_without_profile(given, host, variable) {
        return Ok(found);
    }
    if is_global_writer(host) {
        let host = host.to_owned();
        return Err(RegionError::GlobalWriter { host });
    }
    let profile = profile_name(profile, variable).await?;
    match region_of_profile(&profile).await {
        Some(region) => Ok((region, RegionSource::Profile(profile))),
        None => Err(RegionError::NotFound { profile }),
    }
}

/// The steps of [`resolve_region`] before it reads a file. It needs no runtime.
#[must_use]
pub fn region_without_profile(
    given: Option<&str>,
    host: &str,
    variable: Variable,
) -> Option<(String, RegionSource)> {
    given
        .map(|region| (region.to_owned(), RegionSource::Given))
        .or_else(|| Some((region_of_endpoint(host)?, RegionSource::Endpoint)))
        .or_else(|| {
            if is_global_writer(host) {
                None
            } else {
                region_of_environment(variable)
            }
        })
}

fn is_global_writer(host: &str) -> bool {
    matches!(
        EndpointKind::of_endpoint(host),
        EndpointKind::GlobalWriter { .. }
    )
}

/// The region of `AWS_REGION`, else of `AWS_DEFAULT_REGION`. An empty variable counts as unset.
pub(super) fn region_of_environment(variable: Variable) -> Option<(String, RegionSource)> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(|name| {
            let region = variable(name).filter(|region| !region.is_empty())?;
            Some((region, RegionSource::Environment(name)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RDS: &str = "db.abc.eu-west-3.rds.amazonaws.com";
    const ALIAS: &str = "db.example.com";

    fn none(_: &str) -> Option<String> {
        None
    }

    fn both(name: &str) -> Option<String> {
        match name {
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_DEFAULT_REGION" => Some("us-west-2".to_owned()),
            _ => None,
        }
    }

    fn second(name: &str) -> Option<String> {
        match name {
            "AWS_REGION" => Some(String::new()),
            _ => both(name),
        }
    }

    #[test]
    fn each_source_comes_before_the_next() {
        use RegionSource::{Endpoint, Environment, Given};
        let found = |given, host, variable| region_without_profile(given, host, variable);
        let is = |region: &str, source| Some((region.to_owned(), source));
        assert_eq!(found(Some("x"), RDS, both), is("x", Given));
        assert_eq!(found(None, RDS, both), is("eu-west-3", Endpoint));
        let first = Environment("AWS_REGION");
        assert_eq!(found(None, ALIAS, both), is("us-east-1", first));
        let default = Environment("AWS_DEFAULT_REGION");
        assert_eq!(found(None, ALIAS, second), is("us-west-2", default));
        assert_eq!(found(None, ALIAS, none), None);
    }

    #[test]
    fn a_global_databases_writer_is_in_no_region_that_is_not_given() {
        const GLOBAL: &str = "db.global-abc.global.rds.amazonaws.com";
        assert_eq!(region_without_profile(None, GLOBAL, both), None);
        let given = region_without_profile(Some("eu-west-1"), GLOBAL, both);
        let expected = ("eu-west-1".to_owned(), RegionSource::Given);
        assert_eq!(given, Some(expected));

        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let resolving = resolve_region(None, GLOBAL, None, both);
        let error = runtime.unwrap().block_on(resolving).unwrap_err();
        assert!(error.to_string().contains(GLOBAL), "{error}");
        assert!(
            error.hint().to_string().contains("resolve_cname"),
            "{error}"
        );
    }

    #[test]
    fn what_is_given_counts_even_if_it_is_empty() {
        let empty = region_without_profile(Some(""), RDS, both).unwrap();
        assert_eq!(empty, (String::new(), RegionSource::Given));
    }
}
