//! Calls of the `rds:bridge/server-handshake` interface.

mod step;

pub use step::{HandshakeResponse, ServerStep};

use std::fmt;

use wasmtime::component::ResourceAny;

use super::bindings::exports::rds::bridge::handshake::ServerError;
use super::bindings::exports::rds::bridge::server_handshake as wit;
use super::call::{CallError, Fault, check_arguments, check_received};
use super::engine::{Engine, Instance};

/// The SQLSTATE of an error without one of its own (MySQL Reference Manual, "Error Message Elements").
const GENERAL_SQL_STATE: &str = "HY000";

/// The server's side of a connection phase, in its own instance. Drop it at the end, which wipes the instance's memory.
///
/// After an error, every call returns that error, except that [`Self::refuse`], and [`Self::finish`] with an
/// `ERR_Packet`, still return the packet that tells the client.
pub struct ServerHandshake {
    instance: Instance,
    functions: wit::Guest,
    resource: ResourceAny,
}

impl fmt::Debug for ServerHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandshake").finish_non_exhaustive()
    }
}

impl ServerHandshake {
    /// Begins the handshake of a server that describes itself, in a new instance. The first call is [`Self::receive`]
    /// with no bytes. `scramble` has 20 bytes, none of them 0, from a secure random source.
    ///
    /// # Errors
    ///
    /// [`wit::Error::InvalidConfig`], or a [`Fault`].
    pub fn start(
        engine: &Engine,
        identity: wit::Identity<'_>,
        scramble: &[u8],
        tls: wit::TlsPolicy,
    ) -> Result<Self, CallError<wit::Error>> {
        Self::start_in(engine.instantiate()?, identity, scramble, tls)
    }

    /// As [`Self::start`], in an instance of [`Engine::instantiate`].
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub fn start_in(
        instance: Instance,
        identity: wit::Identity<'_>,
        scramble: &[u8],
        tls: wit::TlsPolicy,
    ) -> Result<Self, CallError<wit::Error>> {
        check_arguments([identity.server_version.len(), scramble.len()])?;
        Self::create(instance, |functions, instance| {
            functions
                .server_handshake()
                .call_start(&mut instance.store, identity, scramble, tls)
        })
    }

    /// Begins the handshake of a server that presents itself as another one, from the packet that this one sent first:
    /// header and payload. `withheld_capabilities` are `CLIENT_*` flags that are not advertised.
    ///
    /// # Errors
    ///
    /// [`wit::Error::InvalidPacket`] for the packet, [`wit::Error::InvalidConfig`] for the scramble, or a [`Fault`].
    pub fn start_as(
        engine: &Engine,
        initial_handshake: &[u8],
        withheld_capabilities: u32,
        scramble: &[u8],
        tls: wit::TlsPolicy,
    ) -> Result<Self, CallError<wit::Error>> {
        let instance = engine.instantiate()?;
        let (packet, withheld) = (initial_handshake, withheld_capabilities);
        Self::start_as_in(instance, packet, withheld, scramble, tls)
    }

    /// As [`Self::start_as`], in an instance of [`Engine::instantiate`].
    ///
    /// # Errors
    ///
    /// As [`Self::start_as`].
    pub fn start_as_in(
        instance: Instance,
        initial_handshake: &[u8],
        withheld_capabilities: u32,
        scramble: &[u8],
        tls: wit::TlsPolicy,
    ) -> Result<Self, CallError<wit::Error>> {
        check_arguments([initial_handshake.len(), scramble.len()])?;
        Self::create(instance, |functions, instance| {
            functions.server_handshake().call_start_as(
                &mut instance.store,
                initial_handshake,
                withheld_capabilities,
                scramble,
                tls,
            )
        })
    }

    /// Begins the authentication that a client requests with a `COM_CHANGE_USER`, in an instance of
    /// [`Engine::instantiate`]. The first call is [`Self::receive`] with no bytes, which returns
    /// [`ServerStep::Authenticate`].
    ///
    /// `command` is the command's payload. The capabilities are those in force in the session, and `scramble` the one
    /// that the client got last in it.
    ///
    /// # Errors
    ///
    /// [`wit::Error::InvalidPacket`] or [`wit::Error::PacketTooLarge`] for the command, [`wit::Error::InvalidConfig`]
    /// for the scramble, or a [`Fault`].
    pub fn change_user_in(
        instance: Instance,
        command: &[u8],
        capabilities: u32,
        mariadb_capabilities: u32,
        scramble: &[u8],
        is_tls: bool,
    ) -> Result<Self, CallError<wit::Error>> {
        check_arguments([command.len(), scramble.len()])?;
        Self::create(instance, |functions, instance| {
            functions.server_handshake().call_change_user(
                &mut instance.store,
                command,
                capabilities,
                mariadb_capabilities,
                scramble,
                is_tls,
            )
        })
    }

    /// Returns an `ERR_Packet` to send in place of the first packet, such as 1040, too many connections. It has no
    /// SQLSTATE.
    ///
    /// # Errors
    ///
    /// [`wit::Error::InvalidConfig`], or a [`Fault`].
    pub fn refusal(engine: &Engine, error: &ServerError) -> Result<Vec<u8>, CallError<wit::Error>> {
        // The client gets nothing of this identity.
        let identity = wit::Identity {
            server_version: "8.0",
            connection_id: 0,
            capabilities: 0,
            mariadb_capabilities: 0,
            character_set: 0,
            status_flags: 0,
        };
        let mut handshake = Self::start(engine, identity, &[1; 20], wit::TlsPolicy::None)?;
        handshake.refuse(error)
    }

    fn create(
        mut instance: Instance,
        call: impl FnOnce(&wit::Guest, &mut Instance) -> Called<ResourceAny>,
    ) -> Result<Self, CallError<wit::Error>> {
        instance.reset_deadline();
        let functions = instance.server_handshake_functions()?;
        let resource = finished(call(&functions, &mut instance))?;
        Ok(Self {
            instance,
            functions,
            resource,
        })
    }

    /// Processes bytes of the client and returns the next step. The bytes may be split anywhere, and are at most
    /// [`super::RECEIVE_LIMIT_BYTES`] in one call.
    ///
    /// # Errors
    ///
    /// [`wit::Error`], whose variants say whose fault it is and are described in `wit/server-handshake.wit`; or a
    /// [`Fault`].
    pub fn receive(&mut self, bytes: &[u8]) -> Result<ServerStep, CallError<wit::Error>> {
        check_received(bytes)?;
        self.call(|handshake, instance, resource| {
            handshake.call_receive(&mut instance.store, resource, bytes)
        })
        .map(ServerStep::from)
    }

    /// Reports that TLS is established with the client.
    ///
    /// # Errors
    ///
    /// As [`Self::receive`].
    pub fn tls_established(&mut self) -> Result<ServerStep, CallError<wit::Error>> {
        self.call(|handshake, instance, resource| {
            handshake.call_tls_established(&mut instance.store, resource)
        })?;
        self.receive(&[])
    }

    /// Returns an `AuthSwitchRequest` to write, which requests a response of another authentication method. Then call
    /// [`Self::receive`]. For `caching_sha2_password` and `mysql_native_password`, `data` is a scramble of 20 bytes,
    /// none of them 0. Request `mysql_clear_password` only inside TLS or on a Unix socket.
    ///
    /// # Errors
    ///
    /// As [`Self::receive`].
    pub fn switch_plugin(
        &mut self,
        plugin: &str,
        data: &[u8],
    ) -> Result<Vec<u8>, CallError<wit::Error>> {
        check_arguments([plugin.len(), data.len()])?;
        self.reply(wit::Reply::SwitchPlugin(wit::SwitchPlugin { plugin, data }))
    }

    /// Returns an `AuthMoreData` to write. After the byte 3, a client of `caching_sha2_password` waits for the packet
    /// of [`Self::finish`]; after the byte 4, it sends the password inside TLS: call [`Self::receive`].
    ///
    /// # Errors
    ///
    /// As [`Self::receive`].
    pub fn more_data(&mut self, data: &[u8]) -> Result<Vec<u8>, CallError<wit::Error>> {
        check_arguments([data.len()])?;
        self.reply(wit::Reply::MoreData(data))
    }

    /// Returns the last packet to write, with this payload of an `OK_Packet` or an `ERR_Packet`. An `ERR_Packet` is
    /// possible at any time, also after an error.
    ///
    /// # Errors
    ///
    /// As [`Self::receive`].
    pub fn finish(&mut self, payload: &[u8]) -> Result<Vec<u8>, CallError<wit::Error>> {
        check_arguments([payload.len()])?;
        self.reply(wit::Reply::Finish(payload))
    }

    /// As [`Self::finish`], with an `ERR_Packet` of this error. Its SQLSTATE is omitted where the protocol has none. A
    /// SQLSTATE that is not five ASCII letters or digits, as another server may have sent it, is replaced by `HY000`.
    ///
    /// # Errors
    ///
    /// As [`Self::receive`].
    pub fn refuse(&mut self, error: &ServerError) -> Result<Vec<u8>, CallError<wit::Error>> {
        let sql_state = error.sql_state.as_deref().unwrap_or_default();
        check_arguments([sql_state.len(), error.message.len()])?;
        if error.sql_state.as_deref().is_none_or(is_sql_state) {
            return self.reply(wit::Reply::Refuse(error));
        }
        self.reply(wit::Reply::Refuse(&ServerError {
            sql_state: Some(GENERAL_SQL_STATE.to_owned()),
            ..error.clone()
        }))
    }

    /// Whether the client's last response proves that it knows the password whose `SHA256(SHA256(password))` is
    /// `stored`, by `caching_sha2_password` and the last scramble. The time does not depend on the values.
    ///
    /// # Errors
    ///
    /// As [`Self::receive`].
    pub fn verify_caching_sha2(
        &mut self,
        stored: &[u8; 32],
    ) -> Result<bool, CallError<wit::Error>> {
        self.verify(wit::StoredHash::Sha256(stored))
    }

    /// As [`Self::verify_caching_sha2`], by `mysql_native_password`: `stored` is `SHA1(SHA1(password))`.
    ///
    /// # Errors
    ///
    /// As [`Self::receive`].
    pub fn verify_native_password(
        &mut self,
        stored: &[u8; 20],
    ) -> Result<bool, CallError<wit::Error>> {
        self.verify(wit::StoredHash::Sha1(stored))
    }

    fn reply(&mut self, reply: wit::Reply<'_>) -> Result<Vec<u8>, CallError<wit::Error>> {
        self.call(|handshake, instance, resource| {
            handshake.call_reply(&mut instance.store, resource, reply)
        })
    }

    fn verify(&mut self, stored: wit::StoredHash<'_>) -> Result<bool, CallError<wit::Error>> {
        self.call(|handshake, instance, resource| {
            handshake.call_verify(&mut instance.store, resource, stored)
        })
    }

    /// Makes a call with a new deadline.
    fn call<T>(
        &mut self,
        call: impl FnOnce(wit::GuestServerHandshake<'_>, &mut Instance, ResourceAny) -> Called<T>,
    ) -> Result<T, CallError<wit::Error>> {
        let Self {
            instance,
            functions,
            resource,
        } = self;
        instance.reset_deadline();
        finished(call(functions.server_handshake(), instance, *resource))
    }
}

/// The result of a generated function.
type Called<T> = wasmtime::Result<Result<T, wit::Error>>;

fn finished<T>(called: Called<T>) -> Result<T, CallError<wit::Error>> {
    called.map_err(Fault::Trap)?.map_err(CallError::Refused)
}

fn is_sql_state(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
