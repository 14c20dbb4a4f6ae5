//! Calls of the `rds:bridge/handshake` interface.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox, SecretString};
use wasmtime::component::ResourceAny;

use super::bindings::exports::rds::bridge::handshake as wit;
use super::call::{CallError, Fault, check_arguments, check_received};
use super::engine::{Engine, Instance};
use super::presign::SandboxedToken;

/// How the user authenticates. The component receives it after TLS is established.
#[derive(Debug)]
pub enum Auth {
    /// An RDS IAM token that [`ClientHandshake::instance`] has signed. It is sent with `mysql_clear_password`, inside
    /// TLS, and with no other plugin. A token of another instance is a [`Fault`].
    IamToken(SandboxedToken),
    /// An RDS IAM token that was signed elsewhere. It is sent as [`Self::IamToken`] is.
    IamTokenText(SecretString),
    /// A password. It authenticates with every supported plugin but `mysql_clear_password`.
    Password(SecretString),
}

/// The parameters of a connection phase. They contain no secret.
#[derive(Clone, Debug)]
pub struct Config<'a> {
    /// The name of the database user, 1 to 128 characters.
    pub db_user: &'a str,
    /// The session's default database.
    pub database: Option<&'a str>,
    /// The connection attributes, in the order in which they are sent.
    pub connection_attributes: &'a [wit::ConnectionAttribute<'a>],
    /// The id of the session's collation, which determines its character set. 45 is `utf8mb4_general_ci`, which every
    /// server knows.
    pub character_set: u8,
}

/// The next action of the caller.
#[must_use = "the handshake continues only after the step is done"]
pub enum Step {
    /// Read from the peer, and pass the bytes to [`ClientHandshake::receive`].
    Read,
    /// Write these bytes, then call [`ClientHandshake::receive`] with no bytes. They may contain a secret.
    Write(SecretBox<Vec<u8>>),
    /// Write these bytes, establish TLS, verify the server's certificate, then call
    /// [`ClientHandshake::tls_established`].
    StartTls(Vec<u8>),
    /// The connection phase is over, and the connection is ready for commands.
    Ready(wit::Session),
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("Read"),
            Self::Write(bytes) => {
                let length = bytes.expose_secret().len();
                write!(f, "Write(<{length} bytes, redacted>)")
            }
            Self::StartTls(bytes) => f.debug_tuple("StartTls").field(bytes).finish(),
            Self::Ready(session) => f.debug_tuple("Ready").field(session).finish(),
        }
    }
}

/// A connection phase, in its own instance. Drop it at the end, which wipes the instance's memory.
pub struct ClientHandshake {
    instance: Instance,
    functions: wit::Guest,
    resource: ResourceAny,
}

impl fmt::Debug for ClientHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientHandshake").finish_non_exhaustive()
    }
}

impl ClientHandshake {
    /// Begins a connection phase in a new instance. The first call is [`Self::receive`] with no bytes.
    ///
    /// # Errors
    ///
    /// [`wit::Error::InvalidConfig`], or a [`Fault`].
    pub fn start(engine: &Engine, config: &Config<'_>) -> Result<Self, CallError<wit::Error>> {
        Self::start_in(engine.instantiate()?, config)
    }

    /// Begins a connection phase in an instance of [`Engine::instantiate`].
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub fn start_in(
        mut instance: Instance,
        config: &Config<'_>,
    ) -> Result<Self, CallError<wit::Error>> {
        let attributes = config.connection_attributes.iter();
        check_arguments([
            config.db_user.len(),
            config.database.map_or(0, str::len),
            attributes
                .map(|attribute| attribute.name.len().saturating_add(attribute.value.len()))
                .fold(0, usize::saturating_add),
        ])?;

        instance.reset_deadline();
        let config = wit::Config {
            db_user: config.db_user,
            database: config.database,
            connection_attributes: config.connection_attributes,
            character_set: config.character_set,
        };
        let functions = instance.handshake_functions()?;
        let resource = functions
            .client_handshake()
            .call_start(&mut instance.store, config)
            .map_err(Fault::Trap)?
            .map_err(CallError::Refused)?;
        Ok(Self {
            instance,
            functions,
            resource,
        })
    }

    /// Processes bytes of the peer and returns the next step. The bytes may be split anywhere, and are at most
    /// [`super::RECEIVE_LIMIT_BYTES`] in one call. After an error, every call returns that error.
    ///
    /// # Errors
    ///
    /// [`wit::Error`], whose variants say whose fault it is and are described in `wit/handshake.wit`; or a [`Fault`].
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Step, CallError<wit::Error>> {
        check_received(bytes)?;
        let Self {
            instance,
            functions,
            resource,
        } = self;
        instance.reset_deadline();
        let handshake = functions.client_handshake();
        step(handshake.call_receive(&mut instance.store, *resource, bytes))
    }

    /// The instance, to sign the token in it. After the step [`Step::StartTls`], it reads no plaintext bytes of the
    /// peer.
    pub fn instance(&mut self) -> &mut Instance {
        &mut self.instance
    }

    /// Passes the secret to the component. Call it after TLS is established and the server's certificate has been
    /// verified for the intended name.
    ///
    /// # Errors
    ///
    /// As [`Self::receive`], and [`wit::Error::InvalidConfig`].
    pub fn tls_established(&mut self, auth: Auth) -> Result<Step, CallError<wit::Error>> {
        let auth = match &auth {
            Auth::IamToken(SandboxedToken(token)) => wit::Auth::IamToken(*token),
            Auth::IamTokenText(token) => wit::Auth::IamTokenText(token.expose_secret()),
            Auth::Password(password) => wit::Auth::Password(password.expose_secret()),
        };
        if let wit::Auth::IamTokenText(secret) | wit::Auth::Password(secret) = &auth {
            check_arguments([secret.len()])?;
        }
        let Self {
            instance,
            functions,
            resource,
        } = self;
        instance.reset_deadline();
        let handshake = functions.client_handshake();
        step(handshake.call_tls_established(&mut instance.store, *resource, auth))
    }
}

/// Converts the result of a call to a step.
fn step(
    called: wasmtime::Result<Result<wit::Step, wit::Error>>,
) -> Result<Step, CallError<wit::Error>> {
    let returned = called.map_err(Fault::Trap)?;
    returned.map(Step::from).map_err(CallError::Refused)
}

impl From<wit::Step> for Step {
    fn from(step: wit::Step) -> Self {
        match step {
            wit::Step::Read => Self::Read,
            wit::Step::Write(bytes) => Self::Write(SecretBox::new(Box::new(bytes))),
            wit::Step::StartTls(bytes) => Self::StartTls(bytes),
            wit::Step::Ready(session) => Self::Ready(session),
        }
    }
}
