//! The emulator, as a library and as a command.

pub(crate) mod backend;
pub(crate) mod bad_input;
pub(crate) mod clients;
pub(crate) mod command;
pub(crate) mod faults;
pub(crate) mod flags;
pub(crate) mod load;
pub(crate) mod logins;
pub(crate) mod sql;
pub(crate) mod transactions;
