//! What a connection authenticates with.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;

use super::deadline::within;
#[cfg(feature = "secrets-manager")]
use super::secret::{SecretLogin, fetch};
use super::{Endpoint, Inner};
#[cfg(feature = "secrets-manager")]
use crate::aws::DatabaseSecret;
use crate::aws::{CachedCredentials, Credentials, CredentialsError};
use crate::clock::unix_seconds;
use crate::component::{
    Auth, AuthToken, CallError, ConnectRequest, Fault, HandshakeError, Instance, Lifetime,
    PresignError,
};
use crate::error::{Error, ErrorKind, Stage};

/// `ER_ACCESS_DENIED_ERROR`.
const ACCESS_DENIED: u16 = 1045;
/// The longest that RDS accepts.
const EXPIRES_IN_SECONDS: u32 = 900;

#[derive(Clone, Debug)]
pub(crate) enum Login {
    /// A token for each connection, signed with these credentials.
    Iam(Arc<CachedCredentials>),
    /// A password, for users without IAM authentication.
    Password(SecretString),
    /// The user and the password of a secret, which is cached until a server refuses it.
    #[cfg(feature = "secrets-manager")]
    Secret(Arc<SecretLogin>),
}

/// The credentials, password or secret of one attempt, loaded from the source that [`Login`] names.
pub(super) enum Authenticator {
    Credentials(Credentials),
    Password(SecretString),
    #[cfg(feature = "secrets-manager")]
    Secret(Arc<SecretLogin>, Arc<DatabaseSecret>),
}

impl Inner {
    /// Loads the authenticator, so that [`Self::auth`] does not wait.
    pub(super) async fn authenticator(&self) -> Result<Authenticator, Error> {
        let limit = self.timeouts.credentials;
        Ok(match &self.login {
            Login::Iam(cached) => Authenticator::Credentials(credentials(cached, limit).await?),
            Login::Password(password) => Authenticator::Password(password.clone()),
            #[cfg(feature = "secrets-manager")]
            Login::Secret(login) => {
                let secret = fetch(&login.cached, &self.timeouts).await?;
                Authenticator::Secret(Arc::clone(login), secret)
            }
        })
    }

    /// Loads a newer authenticator after the server has refused the login with `used`. Fails with that refusal if the
    /// source has nothing newer.
    pub(super) async fn newer_authenticator(
        &self,
        used: &Authenticator,
        refused: Error,
    ) -> Result<Authenticator, Error> {
        match used {
            #[cfg(feature = "secrets-manager")]
            Authenticator::Secret(login, used) if is_denied(&refused) => {
                let rotated = self.rotated(login, used, refused).await?;
                Ok(Authenticator::Secret(Arc::clone(login), rotated))
            }
            Authenticator::Credentials(used) if is_denied(&refused) => {
                let Login::Iam(cached) = &self.login else {
                    return Err(refused);
                };
                let other = cached.other_than(used);
                let other = timeout(self.timeouts.credentials, other).await;
                let other = other.ok().flatten().ok_or(refused)?;
                Ok(Authenticator::Credentials(other))
            }
            _ => Err(refused),
        }
    }

    /// The database user.
    pub(super) fn user_with<'a>(&'a self, authenticator: &'a Authenticator) -> &'a str {
        match authenticator {
            // It may have changed with the password.
            #[cfg(feature = "secrets-manager")]
            Authenticator::Secret(login, secret) if !login.user_is_given => {
                secret.username.as_ref().unwrap_or(&self.user)
            }
            _ => &self.user,
        }
    }

    /// What the component authenticates with: a token, which it signs now and keeps, or the password.
    pub(super) fn auth(
        &self,
        authenticator: &Authenticator,
        instance: &mut Instance,
    ) -> Result<Auth, Error> {
        Ok(match authenticator {
            Authenticator::Credentials(credentials) => {
                let token = self.sign(|request, lifetime| {
                    instance.presign_in_sandbox(credentials, request, lifetime)
                });
                Auth::IamToken(token?)
            }
            Authenticator::Password(password) => Auth::Password(password.clone()),
            #[cfg(feature = "secrets-manager")]
            Authenticator::Secret(_, secret) => Auth::Password(secret.password.clone()),
        })
    }

    /// An instance to sign in.
    pub(crate) fn instance(&self) -> Result<Instance, Error> {
        let instance = self.engine.engine().and_then(|engine| engine.instantiate());
        instance.map_err(token_fault)
    }

    /// A token whose text leaves the sandbox.
    pub(crate) fn token(
        &self,
        credentials: &Credentials,
        instance: &mut Instance,
    ) -> Result<AuthToken, Error> {
        self.sign(|request, lifetime| instance.presign(credentials, request, lifetime))
    }

    /// Signs for this endpoint and user, from now on.
    fn sign<T>(
        &self,
        presign: impl FnOnce(ConnectRequest<'_>, Lifetime) -> Result<T, CallError<PresignError>>,
    ) -> Result<T, Error> {
        let Some(signed_at) = unix_seconds(self.clock.now()) else {
            return Err(Error::setting(
                "clock",
                "the time is before 1970: set the clock",
            ));
        };
        let Endpoint { host, port, region } = &self.endpoint;
        let region = region.as_ref().map(|(region, _)| region.as_str());
        let request = ConnectRequest {
            host,
            port: *port,
            region: region.unwrap_or_default(),
            db_user: &self.user,
        };
        let lifetime = Lifetime {
            signed_at,
            expires_in_seconds: EXPIRES_IN_SECONDS,
        };
        presign(request, lifetime).map_err(|error| match error {
            CallError::Refused(error) => Error::new(Stage::Token, ErrorKind::Presign(error)),
            CallError::Fault(fault) => token_fault(fault),
        })
    }
}

fn token_fault(fault: Fault) -> Error {
    Error::new(Stage::Token, ErrorKind::Fault(fault))
}

/// Whether a verified server has refused this user with this authenticator: by error 1045, or by asking for a method of
/// another kind of user, as servers do for users that do not exist.
fn is_denied(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Server(server) => error.stage() == Stage::Login && server.code == ACCESS_DENIED,
        ErrorKind::Handshake(
            HandshakeError::RefusedAuthPlugin(_) | HandshakeError::UnsupportedAuthPlugin(_),
        ) => error.stage() == Stage::Login,
        _ => false,
    }
}

pub(crate) async fn credentials(
    cached: &CachedCredentials,
    limit: Duration,
) -> Result<Credentials, Error> {
    within(Stage::Credentials, limit, async {
        cached.credentials().await.map_err(no_credentials)
    })
    .await
}

fn no_credentials(error: CredentialsError) -> Error {
    Error::new(Stage::Credentials, ErrorKind::Credentials(error))
}
