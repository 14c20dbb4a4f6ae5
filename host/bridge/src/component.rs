//! The component in its sandbox.
//!
//! An [`Engine`] is created once. It creates a fresh [`Instance`] for every use: a connection or a token. The memory of
//! an instance is wiped when it is dropped, so that no two uses share memory that held a secret. The size of what the
//! component returns and the time of a call are limited. A trap is a bug of this project, and is returned as an error.

mod bindings;
mod call;
mod engine;
mod engine_config;
mod handshake;
mod limits;
mod machine_code;
mod presign;
#[cfg(feature = "server_handshake")]
mod scramble;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod segments;
#[cfg(feature = "server_handshake")]
mod server_handshake;
mod ticker;

pub use bindings::exports::rds::bridge::handshake::{
    AuthPlugin, ConfigField, ConnectionAttribute, Error as HandshakeError, InvalidConfig,
    InvalidPacket, Misuse, Packet, PacketTooLarge, SequenceIdMismatch, ServerError, Session,
};
pub use bindings::exports::rds::bridge::presign::{
    Claims, ConnectRequest, CredentialsExpired, Error as PresignError, Field, HostProblem,
    InvalidCharacter, Lifetime, Malformed, Parameter, Rejection, TooLong,
};
#[cfg(feature = "server_handshake")]
pub use bindings::exports::rds::bridge::server_handshake::{
    ConfigField as ServerConfigField, Error as ServerHandshakeError, Identity,
    InvalidConfig as InvalidServerConfig, Misuse as ServerMisuse, TlsPolicy,
};
pub use call::{CallError, Fault};
pub use engine::{Engine, Instance};
pub use handshake::{Auth, ClientHandshake, Config, Step};
pub use limits::{
    ARGUMENTS_LIMIT_BYTES, CALL_DEADLINE, CONCURRENT_INSTANCES, MEMORY_LIMIT_BYTES,
    RECEIVE_LIMIT_BYTES, TICK,
};
pub use presign::{AuthToken, SandboxedToken, SigningSteps};
#[cfg(feature = "server_handshake")]
pub use scramble::scramble;
#[cfg(feature = "server_handshake")]
pub use server_handshake::{HandshakeResponse, ServerHandshake, ServerStep};
pub use ticker::Ticker;
pub use wasmtime;

/// The component itself, for embedding elsewhere: `rds:bridge@0.2.0`, world `bridge`.
pub const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/component.wasm"));

/// SHA-256 of [`COMPONENT`], in lower-case hexadecimal.
pub const COMPONENT_SHA256: &str = env!("RDS_BRIDGE_COMPONENT_SHA256");
