//! What a connection logs in with.

use secrecy::SecretString;

use super::connect::within;
use super::{Endpoint, Inner};
use crate::aws::{CachedCredentials, Credentials, CredentialsError};
use crate::clock::unix_seconds;
use crate::error::{Error, ErrorKind, Stage};
use crate::guest::{Auth, AuthToken, CallError, Grant, Lifetime};

/// The longest that RDS accepts.
const EXPIRES_IN_SECONDS: u32 = 900;

#[derive(Debug)]
pub(crate) enum Login {
    /// A token for each connection, signed with these.
    Iam(Box<CachedCredentials>),
    /// A password, for users that have no IAM authentication.
    Password(SecretString),
}

/// What a proof is made with.
pub(super) enum Secret<'a> {
    Credentials(Credentials),
    Password(&'a SecretString),
}

impl Inner {
    /// The secret at hand, so that [`Self::auth`] waits for nobody.
    pub(super) async fn secret(&self) -> Result<Secret<'_>, Error> {
        Ok(match &self.login {
            Login::Iam(credentials) => Secret::Credentials(self.credentials(credentials).await?),
            Login::Password(password) => Secret::Password(password),
        })
    }

    /// The proof of who the user is: a token signed now, or the password.
    pub(super) fn auth(&self, secret: &Secret<'_>) -> Result<Auth, Error> {
        Ok(match secret {
            Secret::Credentials(credentials) => Auth::IamToken(self.token(credentials)?.text),
            Secret::Password(password) => Auth::Password((*password).clone()),
        })
    }

    pub(crate) async fn credentials(
        &self,
        cached: &CachedCredentials,
    ) -> Result<Credentials, Error> {
        within(Stage::Credentials, self.timeouts.credentials, async {
            cached.credentials().await.map_err(no_credentials)
        })
        .await
    }

    pub(crate) fn token(&self, credentials: &Credentials) -> Result<AuthToken, Error> {
        let Some(signed_at) = unix_seconds(self.clock.now()) else {
            return Err(Error::setting(
                "clock",
                "the time is before 1970: set the clock",
            ));
        };
        let Endpoint { host, port, region } = &self.endpoint;
        let region = region.as_ref().map(|(region, _)| region.as_str());
        let grant = Grant {
            host,
            port: *port,
            region: region.unwrap_or_default(),
            db_user: &self.user,
        };
        let lifetime = Lifetime {
            signed_at,
            expires_in_seconds: EXPIRES_IN_SECONDS,
        };
        let fault = |fault| Error::new(Stage::Token, ErrorKind::Fault(fault));
        let mut guest = self.engine.instantiate().map_err(fault)?;
        guest
            .presign(credentials, grant, lifetime)
            .map_err(|error| match error {
                CallError::Refused(error) => Error::new(Stage::Token, ErrorKind::Presign(error)),
                CallError::Fault(it) => fault(it),
            })
    }
}

fn no_credentials(error: CredentialsError) -> Error {
    Error::new(Stage::Credentials, ErrorKind::Credentials(error))
}
