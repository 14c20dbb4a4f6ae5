//! Calls of the `rds:bridge/presign` interface.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use wasmtime::component::ResourceAny;

use super::bindings::exports::rds::bridge::presign as wit;
use super::call::{CallError, Fault, check_arguments};
use super::engine::Instance;
use crate::aws::Credentials;

/// A token in the sandbox that signed it, for
/// [`ClientHandshake::tls_established`](super::ClientHandshake::tls_established). Its text leaves the sandbox only
/// after the server has asked for it, inside TLS.
pub struct SandboxedToken(pub(super) ResourceAny);

impl fmt::Debug for SandboxedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxedToken").finish_non_exhaustive()
    }
}

/// A token that lets one user connect to one endpoint until it expires.
#[derive(Clone, Debug)]
pub struct AuthToken {
    /// The password for `mysql_clear_password`: `host:port/?Action=connect&…`. Send it inside TLS only.
    pub text: SecretString,
    /// The first Unix second at which the token is no longer valid. This is the token's own expiry, or that of the
    /// credentials, if it is earlier.
    pub valid_until: u64,
}

/// The intermediate results of a signature, named as in the documentation of SigV4.
#[derive(Clone, Debug)]
pub struct SigningSteps {
    /// Step 1, the canonical request. It contains the session token.
    pub canonical_request: SecretString,
    /// Step 2: the SHA-256 of the canonical request, in lower-case hexadecimal.
    pub hashed_canonical_request: String,
    /// `yyyymmdd/region/rds-db/aws4_request`
    pub credential_scope: String,
    /// Step 3, the string to sign.
    pub string_to_sign: String,
    /// Step 4, the signature: 64 lower-case hexadecimal digits.
    pub signature: SecretString,
}

impl Instance {
    /// Signs a token and returns its text, for clients other than [`ClientHandshake`](super::ClientHandshake).
    ///
    /// # Errors
    ///
    /// [`wit::Error`], which names the invalid argument and is described in `wit/presign.wit`; or a [`Fault`].
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

    /// Returns the intermediate results of the signature that [`Self::presign`] makes with the same arguments.
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

    /// Parses a token and returns its claims, without secrets. It verifies nothing.
    ///
    /// # Errors
    ///
    /// [`wit::Malformed`], if the text is not a token; or a [`Fault`].
    pub fn inspect(&mut self, token: &str) -> Result<wit::Claims, CallError<wit::Malformed>> {
        check_arguments([token.len()])?;
        self.reset_deadline();
        let (functions, store) = self.presign_functions()?;
        functions
            .call_inspect(store, token)
            .map_err(Fault::Trap)?
            .map_err(CallError::Refused)
    }

    /// Verifies a token as RDS does, for emulators and tests: that `credentials` signed it, that its claims are those
    /// `expected`, and that it is valid at `now` (Unix seconds).
    ///
    /// # Errors
    ///
    /// [`wit::Rejection`], the first reason to reject the token; or a [`Fault`].
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
