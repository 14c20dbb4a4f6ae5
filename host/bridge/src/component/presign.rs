//! The calls of `rds:bridge/presign`.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use wasmtime::component::ResourceAny;

use super::bindings::exports::rds::bridge::presign as wit;
use super::call::{CallError, Fault, check_arguments};
use super::engine::Instance;
use crate::aws::Credentials;

/// A token in the sandbox that signed it, for [`ClientHandshake::tls_established`](super::ClientHandshake). Its text
/// does not leave the sandbox before the server has asked for it, inside TLS.
pub struct SandboxedToken(pub(super) ResourceAny);

impl fmt::Debug for SandboxedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxedToken").finish_non_exhaustive()
    }
}

/// A token that lets one user connect to one endpoint until it expires.
#[derive(Clone, Debug)]
pub struct AuthToken {
    /// `host:port/?Action=connect&…`: the password for `mysql_clear_password`, inside TLS only.
    pub text: SecretString,
    /// Unix seconds: the first at which the token is no longer good. A token dies with the
    /// credentials that signed it, if that is earlier than its own end.
    pub valid_until: u64,
}

/// The steps of a signature, under the names of the SigV4 documentation.
#[derive(Clone, Debug)]
pub struct SigningSteps {
    /// Step 1. Holds the session token.
    pub canonical_request: SecretString,
    /// Step 2: SHA-256, lower-case hexadecimal.
    pub hashed_canonical_request: String,
    /// `yyyymmdd/region/rds-db/aws4_request`
    pub credential_scope: String,
    /// Step 3.
    pub string_to_sign: String,
    /// Step 4: 64 lower-case hexadecimal digits.
    pub signature: SecretString,
}

impl Instance {
    /// Signs a token, and takes its text out of the sandbox: for clients other than
    /// [`ClientHandshake`](super::ClientHandshake).
    ///
    /// # Errors
    ///
    /// [`wit::Error`] by argument, as `wit/presign.wit` describes them, or a [`Fault`].
    pub fn presign(
        &mut self,
        credentials: &Credentials,
        request: wit::ConnectRequest<'_>,
        lifetime: wit::Lifetime,
    ) -> Result<AuthToken, CallError<wit::Error>> {
        let SandboxedToken(token) = self.presign_in_sandbox(credentials, request, lifetime)?;
        self.reset_deadline();
        let (functions, store) = self.presign_functions()?;
        let text = functions.auth_token().call_text(store, token);
        let text = text.map_err(Fault::Trap)?;
        self.reset_deadline();
        let (functions, store) = self.presign_functions()?;
        let valid_until = functions.auth_token().call_valid_until(store, token);
        let valid_until = valid_until.map_err(Fault::Trap)?;
        self.reset_deadline();
        token.resource_drop(&mut self.store).map_err(Fault::Trap)?;
        Ok(AuthToken {
            text: text.into(),
            valid_until,
        })
    }

    /// Signs a token that stays in the sandbox, until it is used or the instance is dropped.
    ///
    /// # Errors
    ///
    /// As [`Self::presign`].
    pub fn presign_in_sandbox(
        &mut self,
        credentials: &Credentials,
        request: wit::ConnectRequest<'_>,
        lifetime: wit::Lifetime,
    ) -> Result<SandboxedToken, CallError<wit::Error>> {
        self.prepare(credentials, &request, "")?;
        let credentials = borrow(credentials);
        let (functions, store) = self.presign_functions()?;
        functions
            .call_presign(store, credentials, request, lifetime)
            .map_err(Fault::Trap)?
            .map(SandboxedToken)
            .map_err(CallError::Refused)
    }

    /// The steps of the signature that [`Self::presign`] gives for the same arguments.
    ///
    /// # Errors
    ///
    /// As [`Self::presign`].
    pub fn steps(
        &mut self,
        credentials: &Credentials,
        request: wit::ConnectRequest<'_>,
        lifetime: wit::Lifetime,
    ) -> Result<SigningSteps, CallError<wit::Error>> {
        self.prepare(credentials, &request, "")?;
        let credentials = borrow(credentials);
        let (functions, store) = self.presign_functions()?;
        let steps = functions
            .call_steps(store, credentials, request, lifetime)
            .map_err(Fault::Trap)?
            .map_err(CallError::Refused)?;
        Ok(SigningSteps {
            canonical_request: steps.canonical_request.into(),
            hashed_canonical_request: steps.hashed_canonical_request,
            credential_scope: steps.credential_scope,
            string_to_sign: steps.string_to_sign,
            signature: steps.signature.into(),
        })
    }

    /// What a token says, without any secret. Verifies nothing.
    ///
    /// # Errors
    ///
    /// [`wit::Malformed`] where the text is not a token, or a [`Fault`].
    pub fn inspect(&mut self, token: &str) -> Result<wit::Claims, CallError<wit::Malformed>> {
        check_arguments([token.len()])?;
        self.reset_deadline();
        let (functions, store) = self.presign_functions()?;
        functions
            .call_inspect(store, token)
            .map_err(Fault::Trap)?
            .map_err(CallError::Refused)
    }

    /// What RDS does with a token, for emulators and tests: whether `credentials` signed it for what
    /// is `expected`, and whether it is good `now` (Unix seconds).
    ///
    /// # Errors
    ///
    /// [`wit::Rejection`] with the first reason to refuse it, or a [`Fault`].
    pub fn verify(
        &mut self,
        token: &str,
        credentials: &Credentials,
        expected: wit::ConnectRequest<'_>,
        now: u64,
    ) -> Result<wit::Claims, CallError<wit::Rejection>> {
        self.prepare(credentials, &expected, token)?;
        let credentials = borrow(credentials);
        let (functions, store) = self.presign_functions()?;
        functions
            .call_verify(store, token, credentials, expected, now)
            .map_err(Fault::Trap)?
            .map_err(CallError::Refused)
    }

    fn prepare(
        &mut self,
        credentials: &Credentials,
        request: &wit::ConnectRequest<'_>,
        token: &str,
    ) -> Result<(), Fault> {
        check_arguments([
            credentials.access_key_id.len(),
            credentials.secret_access_key.expose_secret().len(),
            credentials
                .session_token
                .as_ref()
                .map_or(0, |token| token.expose_secret().len()),
            request.host.len(),
            request.region.len(),
            request.db_user.len(),
            token.len(),
        ])?;
        self.reset_deadline();
        Ok(())
    }
}

fn borrow(credentials: &Credentials) -> wit::Credentials<'_> {
    wit::Credentials {
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.expose_secret(),
        session_token: credentials
            .session_token
            .as_ref()
            .map(ExposeSecret::expose_secret),
        expires_at: credentials.expires_at,
    }
}
