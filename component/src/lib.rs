//! RDS IAM tokens and both sides of the MySQL handshake, as pure functions.
//!
//! Guarantees:
//!
//! - **Pure.** Time and secrets are arguments. The crate uses no clock, randomness, environment, files or sockets, and
//!   the component that is built from it imports nothing.
//! - **Deterministic.** The same calls return the same bytes, on every runtime and in every run.
//! - **Total.** Every input results in a value or an error: no panic, no endless loop, and no allocation of a length
//!   that a peer only claims.
//! - **Discreet.** Secrets are wiped when dropped and cannot be printed. The client's handshake sends no secret before TLS
//!   is established and verified.
//!
//! | module | contents |
//! |---|---|
//! | [`presign`] | signs, inspects and verifies tokens: SigV4 for `rds-db:connect` |
//! | [`handshake`] | [`ClientHandshake`](handshake::ClientHandshake), the connection phase as a state machine |
//! | [`server_handshake`] | [`ServerHandshake`](server_handshake::ServerHandshake), the server's side of it |
//! | [`auth_plugin`] | the authentication methods |
//! | [`packet`] | framing, and the packets of the connection phase |
//! | [`secret_string`] | text and bytes that are wiped when dropped and cannot be printed |
//! | [`built`] | the component that is built from these modules, as bytes |
//!
//! `wit/` contains the contract for other languages. The private module `exports` implements it with the modules above,
//! and is the only WebAssembly-specific code.
//!
//! | feature | by default | contents |
//! |---|---|---|
//! | `source` | yes | all modules but [`built`], and all dependencies of this crate |
//! | `client_ed25519` | yes | MariaDB's authentication method `client_ed25519`; enables `source` |
//! | `server_handshake` | yes | the server's side of the connection phase; enables `source` |

#[cfg(feature = "source")]
pub mod auth_plugin;
// The component does not contain itself.
#[cfg(not(target_family = "wasm"))]
pub mod built;
#[cfg(feature = "source")]
mod exports;
#[cfg(feature = "source")]
pub mod handshake;
#[cfg(feature = "source")]
pub mod packet;
#[cfg(feature = "source")]
pub mod presign;
#[cfg(feature = "source")]
pub mod secret_string;
#[cfg(feature = "server_handshake")]
pub mod server_handshake;
