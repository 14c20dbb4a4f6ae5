//! A secret of Secrets Manager in place of a token: what a bridge takes from it, and what becomes of it when a
//! server refuses the login.

use std::sync::Arc;

use super::auth::{Login, credentials};
use super::builder::BridgeBuilder;
use super::deadline::within;
use super::refused_secret::of_refused_secret;
use super::{Bridge, Inner, Timeouts};
use crate::aws::{
    CachedCredentials, CachedSecret, DatabaseSecret, FetchError, SecretId, SecretsManager,
};
use crate::error::{Error, ErrorKind, Stage, no_way_to_secrets_manager};
use crate::net::host_name;

/// Logs in as a secret says.
#[derive(Debug)]
pub(crate) struct SecretLogin {
    pub(crate) cached: CachedSecret<SecretsManager>,
    /// The user is the caller's, and not the secret's.
    pub(crate) user_is_given: bool,
}

impl BridgeBuilder {
    /// The secret, not fetched yet; none if the login is another.
    pub(super) fn cached_secret(&self) -> Result<Option<CachedSecret<SecretsManager>>, Error> {
        let Some(id) = &self.secret else {
            return Ok(None);
        };
        let id = SecretId::parse(id).map_err(|problem| Error::setting("secret", problem))?;
        let region = id.region().to_owned();
        if self.password.is_some() {
            let problem = "a password is given too: give one of them";
            return Err(Error::setting("secret", problem));
        }
        let source = self.credentials_source(&region);
        let manager = SecretsManager {
            id,
            region,
            credentials: CachedCredentials::with_clock(source, Arc::clone(&self.clock)),
            profile: self.profile.clone(),
        };
        Ok(Some(CachedSecret::new(manager, Arc::clone(&self.clock))))
    }

    /// Takes from the secret what is not set, and makes the bridge.
    pub(super) async fn build_with(
        mut self,
        cached: CachedSecret<SecretsManager>,
    ) -> Result<Bridge, Error> {
        let secret = fetch(&cached, &self.timeouts).await?;
        let user_is_given = !self.user.is_empty();
        let lacks = |what, setting| {
            let problem = format!(
                "none is given, and the secret {} has no {what}",
                cached.source().id
            );
            Error::setting(setting, problem)
        };
        if !user_is_given {
            let user = secret.username.clone();
            self.user = user.ok_or_else(|| lacks("username", "user"))?;
        }
        if self.endpoint.is_empty() {
            let host = secret.host.clone();
            self.endpoint = host.ok_or_else(|| lacks("host", "endpoint"))?;
            // What is in a secret is not shown.
            host_name::check(&self.endpoint)
                .map_err(|problem| Error::setting("secret", problem.unshown()))?;
        }
        self.port = self.port.or(secret.port);
        self.database = self.database.or_else(|| secret.database.clone());
        let login = SecretLogin {
            cached,
            user_is_given,
        };
        self.build_as(Some(Login::Secret(Arc::new(login)))).await
    }
}

/// The secret that is at hand, or else the one that is current.
pub(super) async fn fetch(
    cached: &CachedSecret<SecretsManager>,
    timeouts: &Timeouts,
) -> Result<Arc<DatabaseSecret>, Error> {
    if let Some(kept) = cached.kept() {
        return Ok(kept);
    }
    in_time(cached, timeouts, cached.secret()).await
}

impl Inner {
    /// What to log in with where a secret was refused: it may have been rotated since. If it has not, the
    /// refusal stands.
    pub(super) async fn rotated(
        &self,
        login: &SecretLogin,
        used: &DatabaseSecret,
        refused: Error,
    ) -> Result<Arc<DatabaseSecret>, Error> {
        let SecretLogin { cached, .. } = login;
        let other = in_time(cached, &self.timeouts, cached.other_than(used)).await;
        let asked_again = match other {
            Ok(Some(other)) => {
                let secret = &cached.source().id;
                tracing::info!(%secret, version = other.version_id, "refused, and rotated since");
                return Ok(other);
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        // The causes of a refused password are the same, without what asking again has shown.
        let mut all = match refused.kind() {
            ErrorKind::Server(_) => Vec::new(),
            _ => refused.causes().to_vec(),
        };
        all.extend(of_refused_secret(self, login, used, Some(asked_again)));
        Err(refused.with_causes(all))
    }
}

/// First the credentials, so that what takes too long is known.
async fn in_time<T>(
    cached: &CachedSecret<SecretsManager>,
    timeouts: &Timeouts,
    call: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, Error> {
    // To make a bridge has no limit of its own.
    let limit = timeouts.credentials.min(timeouts.whole);
    credentials(&cached.source().credentials, limit).await?;
    let call = async { call.await.map_err(of_fetch) };
    let done = within(Stage::Credentials, limit, call).await;
    done.map_err(|error| match error.kind() {
        ErrorKind::Timeout(_) => {
            let cause = no_way_to_secrets_manager(&cached.source().region);
            error.with_causes(vec![cause])
        }
        _ => error,
    })
}

fn of_fetch(error: FetchError) -> Error {
    let kind = match error {
        FetchError::Credentials(error) => ErrorKind::Credentials(error),
        FetchError::Secret(error) => ErrorKind::Secret(error),
    };
    Error::new(Stage::Credentials, kind)
}
