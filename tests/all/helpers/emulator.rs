//! The emulator as a library and as a program, and its clients.

pub(crate) mod answers;
pub(crate) mod clients;
pub(crate) mod program;
pub(crate) mod raw_client;
pub(crate) mod server;
