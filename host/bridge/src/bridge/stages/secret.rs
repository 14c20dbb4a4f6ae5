//! Building a bridge whose login is a secret of AWS Secrets Manager, stage by stage.
//!
//! [`BridgeBuilder::build`] takes the same stages in one call.

use std::fmt;
use std::sync::Arc;

use super::super::auth::credentials;
use super::super::secret::fetch;
use super::super::{Bridge, BridgeBuilder};
use crate::aws::{CachedSecret, Credentials, DatabaseSecret, SecretsManager};
use crate::error::Error;

type Cached = CachedSecret<SecretsManager>;

impl BridgeBuilder {
    /// Begins to build with the secret that [`Self::secret`] names: first load credentials, then fetch, then build.
    ///
    /// # Errors
    ///
    /// [`Stage::Settings`](crate::Stage::Settings): no secret is named, its name is no ARN, or a password is given too.
    pub fn begin_secret(self) -> Result<SecretNamed, Error> {
        let cached = self.cached_secret()?;
        let cached = cached.ok_or_else(|| Error::setting("secret", "it is not set"))?;
        Ok(SecretNamed {
            builder: self,
            cached,
        })
    }
}

/// The secret is named, and AWS not asked yet.
#[must_use]
pub struct SecretNamed {
    builder: BridgeBuilder,
    cached: Cached,
}

impl SecretNamed {
    /// Loads the credentials that AWS Secrets Manager is asked with.
    ///
    /// # Errors
    ///
    /// [`Stage::Credentials`](crate::Stage::Credentials).
    pub async fn load_credentials(self) -> Result<SecretCredentialsReady, Error> {
        let limit = self.builder.timeouts.credentials;
        let credentials = credentials(&self.cached.source().credentials, limit).await?;
        Ok(SecretCredentialsReady {
            credentials,
            named: self,
        })
    }
}

impl fmt::Debug for SecretNamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretNamed")
            .field("builder", &self.builder)
            .finish_non_exhaustive()
    }
}

/// The credentials for AWS Secrets Manager are there.
#[must_use]
pub struct SecretCredentialsReady {
    credentials: Credentials,
    named: SecretNamed,
}

impl SecretCredentialsReady {
    /// The credentials that AWS Secrets Manager is asked with.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The secret's ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        self.named.cached.source().id.to_string()
    }

    /// The region whose AWS Secrets Manager is asked.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.named.cached.source().region
    }

    /// Fetches the current version of the secret.
    ///
    /// # Errors
    ///
    /// [`Stage::Credentials`](crate::Stage::Credentials).
    pub async fn fetch(self) -> Result<SecretFetched, Error> {
        let SecretNamed { builder, cached } = self.named;
        let secret = fetch(&cached, &builder.timeouts).await?;
        Ok(SecretFetched {
            builder,
            cached,
            secret,
        })
    }
}

impl fmt::Debug for SecretCredentialsReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretCredentialsReady")
            .field("builder", &self.named.builder)
            .finish_non_exhaustive()
    }
}

/// The secret is fetched.
#[must_use]
pub struct SecretFetched {
    builder: BridgeBuilder,
    cached: Cached,
    secret: Arc<DatabaseSecret>,
}

impl SecretFetched {
    /// The id of the version that was fetched.
    #[must_use]
    pub fn version_id(&self) -> &str {
        &self.secret.version_id
    }

    /// The keys of the secret that a bridge uses, of `username`, `password`, `host`, `port` and `dbname`.
    #[must_use]
    pub fn keys(&self) -> Vec<&'static str> {
        let secret = &self.secret;
        [
            ("username", secret.username.is_some()),
            ("password", true),
            ("host", secret.host.is_some()),
            ("port", secret.port.is_some()),
            ("dbname", secret.database.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, is_there)| is_there.then_some(key))
        .collect()
    }

    /// Makes the bridge. The secret gives the user, endpoint, port and database that the builder lacks.
    ///
    /// # Errors
    ///
    /// [`Stage::Settings`](crate::Stage::Settings).
    pub async fn build(self) -> Result<Bridge, Error> {
        self.builder.build_with(self.cached).await
    }
}

impl fmt::Debug for SecretFetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretFetched")
            .field("builder", &self.builder)
            .finish_non_exhaustive()
    }
}
