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
///
/// [`Self::new`] has a default for everything but the user:
///
/// ```
/// use rds_bridge::component::Config;
///
/// let config = Config {
///     database: Some("shop"),
///     ..Config::new("reader")
/// };
/// assert_eq!(config.character_set, 45);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// The name of the database user, 1 to 128 characters.
    pub db_user: &'a str,
    /// The session's default database.
    pub database: Option<&'a str>,
    /// The connection attributes, in the order in which they are sent.
    pub connection_attributes: &'a [wit::ConnectionAttribute<'a>],
    /// The id of the session's collation, which determines its character set. 45 is `utf8mb4_general_ci`, which every
    /// server knows. Above 255 only for [`ClientHandshake::change_user_in`].
    pub character_set: u16,
    /// The optional `CLIENT_*` flags, with the manual's bit values, each of which is used if the server has it. `None`
    /// for those that [`Connection`](crate::mysql::Connection) uses. `wit/handshake.wit` lists the flags that the
    /// component decides itself.
    pub capabilities: Option<u32>,
    /// MariaDB's extended capabilities, each of which is used if the server has it; 0 for none.
    pub mariadb_capabilities: u32,
    /// The largest packet that the client accepts, in bytes; `None` for 1 GiB.
    pub max_packet_size: Option<u32>,
}

impl<'a> Config<'a> {
    /// A session of this user without a database and without connection attributes, with the collation
    /// `utf8mb4_general_ci`, and with the capabilities that [`Connection`](crate::mysql::Connection) uses.
    #[must_use]
    pub const fn new(db_user: &'a str) -> Self {
        Self {
            db_user,
            database: None,
            connection_attributes: &[],
            character_set: 45,
            capabilities: None,
            mariadb_capabilities: 0,
            max_packet_size: None,
        }
    }

    fn check(&self) -> Result<(), Fault> {
        let attributes = self.connection_attributes.iter();
        check_arguments([
            self.db_user.len(),
            self.database.map_or(0, str::len),
            attributes
                .map(|attribute| attribute.name.len().saturating_add(attribute.value.len()))
                .fold(0, usize::saturating_add),
        ])
    }
}

impl<'a> From<&Config<'a>> for wit::Config<'a> {
    fn from(config: &Config<'a>) -> Self {
        Self {
            db_user: config.db_user,
            database: config.database,
            connection_attributes: config.connection_attributes,
            character_set: config.character_set,
            capabilities: config.capabilities,
            mariadb_capabilities: config.mariadb_capabilities,
            max_packet_size: config.max_packet_size,
        }
    }
}

/// The next action of the caller.
#[must_use = "the handshake continues only after the step has been done"]
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
        config.check()?;
        instance.reset_deadline();
        let functions = instance.handshake_functions()?;
        let resource = functions
            .client_handshake()
            .call_start(&mut instance.store, config.into())
            .map_err(Fault::Trap)?
            .map_err(CallError::Refused)?;
        Ok(Self {
            instance,
            functions,
            resource,
        })
    }

    /// Begins a `COM_CHANGE_USER`, in an instance of [`Engine::instantiate`]: it authenticates another user in a
    /// session **inside TLS**, and resets the session. The first call is [`Self::receive`] with no bytes.
    ///
    /// `capabilities` and `mariadb_capabilities` are those of the session. A token is signed in `instance`. Of the
    /// config, the capabilities and the maximum packet size have no effect. In the [`wit::Session`] of the result, the
    /// server's version is empty and the connection id is 0, because the server does not repeat them.
    ///
    /// # Errors
    ///
    /// [`wit::Error::InvalidConfig`], [`wit::Error::MissingCapability`], or a [`Fault`].
    pub fn change_user_in(
        mut instance: Instance,
        config: &Config<'_>,
        capabilities: u32,
        mariadb_capabilities: u32,
        auth: &Auth,
    ) -> Result<Self, CallError<wit::Error>> {
        config.check()?;
        let auth = lower(auth)?;
        instance.reset_deadline();
        let functions = instance.handshake_functions()?;
        let resource = functions
            .client_handshake()
            .call_change_user(
                &mut instance.store,
                config.into(),
                capabilities,
                mariadb_capabilities,
                auth,
            )
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
        let auth = lower(&auth)?;
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

/// Converts the secret to an argument, and checks its length.
fn lower(auth: &Auth) -> Result<wit::Auth<'_>, Fault> {
    let auth = match auth {
        Auth::IamToken(SandboxedToken(token)) => wit::Auth::IamToken(*token),
        Auth::IamTokenText(token) => wit::Auth::IamTokenText(token.expose_secret()),
        Auth::Password(password) => wit::Auth::Password(password.expose_secret()),
    };
    if let wit::Auth::IamTokenText(secret) | wit::Auth::Password(secret) = &auth {
        check_arguments([secret.len()])?;
    }
    Ok(auth)
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
