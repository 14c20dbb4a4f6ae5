//! A secret of AWS Secrets Manager in place of a token: the settings that it provides, and its refresh after a refused
//! login.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

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

/// A login with the user and the password of a secret.
#[derive(Debug)]
pub(crate) struct SecretLogin {
    pub(crate) cached: CachedSecret<SecretsManager>,
    /// The user is set by the caller, and not taken from the secret.
    pub(crate) user_is_given: bool,
}

/// Reads the text of a secret in AWS Secrets Manager, with the default credentials, for a program that keeps other
/// secrets there than that of the database. `limit` applies to the credentials, and again to the secret.
///
/// # Errors
///
/// [`ErrorKind::Setting`] if `arn` is not the ARN of a secret; [`ErrorKind::Credentials`], [`ErrorKind::Secret`] or
/// [`ErrorKind::Timeout`] if it cannot be read.
pub async fn read_secret(arn: &str, limit: Duration) -> Result<SecretString, Error> {
    let manager = Bridge::builder().secrets_manager(arn)?;
    let (_, text) = in_time(&manager, limit, manager.current()).await?;
    Ok(SecretString::from(text.as_str()))
}

/// Checks whether a text is the ARN of a secret in AWS Secrets Manager, without fetching the secret.
///
/// # Errors
///
/// [`ErrorKind::Setting`], without the text, which may be a secret itself.
pub fn check_secret_arn(text: &str) -> Result<(), Error> {
    let parsed = SecretId::parse(text).map(drop);
    parsed.map_err(|problem| Error::setting("secret", problem))
}

impl BridgeBuilder {
    /// The secret, not fetched yet; `None` if no secret is set.
    pub(super) fn cached_secret(&self) -> Result<Option<CachedSecret<SecretsManager>>, Error> {
        let Some(id) = &self.secret else {
            return Ok(None);
        };
        let manager = self.secrets_manager(id)?;
        if self.password.is_some() {
            let problem = "a password is set too: set either the secret or the password";
            return Err(Error::setting("secret", problem));
        }
        Ok(Some(CachedSecret::new(manager, Arc::clone(&self.clock))))
    }

    fn secrets_manager(&self, arn: &str) -> Result<SecretsManager, Error> {
        let id = SecretId::parse(arn).map_err(|problem| Error::setting("secret", problem))?;
        let region = id.region().to_owned();
        let source = self.credentials_source(&region);
        Ok(SecretsManager {
            id,
            region,
            credentials: CachedCredentials::with_clock(source, Arc::clone(&self.clock)),
            profile: self.profile.clone(),
        })
    }

    /// Takes the settings that are not set from the secret, and builds the bridge.
    pub(super) async fn build_with(
        mut self,
        cached: CachedSecret<SecretsManager>,
    ) -> Result<Bridge, Error> {
        let secret = fetch(&cached, &self.timeouts).await?;
        let user_is_given = !self.user.is_empty();
        let lacks = |what, setting| {
            let problem = format!(
                "not set, and the secret {} contains no {what}",
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
            // The content of a secret is not shown.
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

/// The cached secret, or else the current one.
pub(super) async fn fetch(
    cached: &CachedSecret<SecretsManager>,
    timeouts: &Timeouts,
) -> Result<Arc<DatabaseSecret>, Error> {
    if let Some(kept) = cached.kept() {
        return Ok(kept);
    }
    in_time(cached.source(), limit(timeouts), cached.secret()).await
}

impl Inner {
    /// The secret to log in with after a refusal, if it has been rotated since. If it has not, the refusal is the
    /// error.
    pub(super) async fn rotated(
        &self,
        login: &SecretLogin,
        used: &DatabaseSecret,
        refused: Error,
    ) -> Result<Arc<DatabaseSecret>, Error> {
        let SecretLogin { cached, .. } = login;
        let other = cached.other_than(used);
        let other = in_time(cached.source(), limit(&self.timeouts), other).await;
        let asked_again = match other {
            Ok(Some(other)) => {
                let secret = &cached.source().id;
                tracing::info!(%secret, version = other.version_id, "the login was refused; the secret has been \
                                                                     rotated since it was fetched, so the login is \
                                                                     repeated");
                return Ok(other);
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        // The server's causes are for passwords in general: the ones below know whether the secret has changed.
        let mut all = match refused.kind() {
            ErrorKind::Server(_) => Vec::new(),
            _ => refused.causes().to_vec(),
        };
        all.extend(of_refused_secret(self, login, used, Some(asked_again)));
        Err(refused.with_causes(all))
    }
}

/// Loads the credentials first, so that a timeout tells which of the two took too long.
async fn in_time<T>(
    manager: &SecretsManager,
    limit: Duration,
    call: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, Error> {
    credentials(&manager.credentials, limit).await?;
    let call = async { call.await.map_err(of_fetch) };
    let done = within(Stage::Credentials, limit, call).await;
    done.map_err(|error| match error.kind() {
        ErrorKind::Timeout(_) => {
            let cause = no_way_to_secrets_manager(&manager.region);
            error.with_causes(vec![cause])
        }
        _ => error,
    })
}

/// Building a bridge has no separate limit.
fn limit(timeouts: &Timeouts) -> Duration {
    timeouts.credentials.min(timeouts.whole)
}

fn of_fetch(error: FetchError) -> Error {
    let kind = match error {
        FetchError::Credentials(error) => ErrorKind::Credentials(error),
        FetchError::Secret(error) => ErrorKind::Secret(error),
    };
    Error::new(Stage::Credentials, kind)
}
