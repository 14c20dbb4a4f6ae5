//! AWS credentials, the caller's identity, secrets, and what the name of an RDS endpoint says.
//!
//! | type | what it is |
//! |---|---|
//! | [`CredentialsSource`] | where credentials come from: AWS's default chain, a custom provider, or fixed ones |
//! | [`CachedCredentials`] | a source with a cache, which one caller at a time refreshes for all |
//! | [`resolve_region`] | the region to sign for, and where it was found |
//! | `SecretError` | why the user and the password cannot be read from a secret (feature `secrets-manager`) |
//! | [`caller_identity`] | the identity that AWS sees in the credentials |

mod cache;
mod credentials;
mod credentials_error;
mod default_chain;
mod empty_variables;
mod endpoint_kind;
mod endpoint_url;
mod environment;
mod expiration;
mod http_client;
mod identity;
mod partition;
pub(crate) mod plain_http;
mod profile;
mod provider;
mod region;
mod resolve_region;
mod resource_id;
pub(crate) mod sdk_error;
#[cfg(feature = "secrets-manager")]
mod secrets_manager;

pub use cache::{CachedCredentials, REFRESH_BEFORE_EXPIRY, REFRESH_RETRY_AFTER};
pub use credentials::Credentials;
pub use credentials_error::{CredentialsError, Place, Unavailable};
pub use default_chain::DefaultChain;
pub use empty_variables::remove_empty_variables;
pub use endpoint_kind::EndpointKind;
pub use environment::{
    MissingCredentials, Variable, credentials_from_environment, process_variable,
};
pub use identity::{CallerIdentity, IdentityError, caller_identity};
pub use partition::Partition;
pub use profile::ProfileError;
pub use provider::CredentialsSource;
pub use region::region_of_endpoint;
pub use resolve_region::{RegionError, RegionSource, region_without_profile, resolve_region};
pub use resource_id::{InvalidResourceId, ResourceId, ResourceKind};
#[cfg(feature = "secrets-manager")]
pub(crate) use secrets_manager::{
    CachedSecret, DatabaseSecret, FetchError, OF_CREDENTIALS, SecretId, SecretsManager,
};
#[cfg(feature = "secrets-manager")]
pub use secrets_manager::{SecretError, SecretProblem};
