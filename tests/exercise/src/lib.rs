//! Passes arbitrary bytes to the parts of the component that parse input, and checks their guarantees. Both the fuzz
//! targets and the ordinary tests call this.
#![expect(clippy::expect_used, reason = "a test: to panic is how it fails")]

mod driver;
mod handshake;
mod server_handshake;
mod token;

pub use driver::{Event, Transcript, drive};
pub use handshake::{IAM_TOKEN, PASSWORD, config, handshake};
pub use server_handshake::{SCRAMBLE, identity, server_handshake};
pub use token::{inspect, verify};
