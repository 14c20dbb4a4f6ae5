//! RDS IAM tokens and the client's side of the MySQL handshake, as pure functions.
//!
//! What is promised:
//!
//! - **Pure.** Time and secrets are arguments. There is no clock, no randomness, no environment, no
//!   file and no socket in here, and the component built from this crate imports nothing.
//! - **Deterministic.** The same calls give the same bytes, on every runtime and every run.
//! - **Total.** Any bytes give a value or an error: no panic, no endless loop, no allocation by a
//!   length that a peer made up.
//! - **Discreet.** Secrets are wiped when dropped and cannot be printed. No secret is sent before
//!   TLS is established and verified.
//!
//! | module | what it is |
//! |---|---|
//! | [`presign`] | signing, reading and verifying tokens: SigV4 for `rds-db:connect` |
//! | [`handshake`] | [`ClientHandshake`](handshake::ClientHandshake), the connection phase as a state machine |
//! | [`auth_plugin`] | the authentication methods, one a file |
//! | [`packet`] | framing, and the packets of the connection phase, one a file |
//! | [`secret_string`] | text and bytes that are wiped when dropped and cannot be printed |
//! | [`built`] | the component that was built from these, as bytes |
//!
//! The contract that other languages see is in `wit/`; the private module `exports` connects the two,
//! and is the only code that knows of WebAssembly.
//!
//! | feature | by default | what it brings |
//! |---|---|---|
//! | `source` | yes | all modules but [`built`], and all dependencies of this crate |
//! | `client_ed25519` | yes | MariaDB's authentication method `client_ed25519` in `source` |

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
