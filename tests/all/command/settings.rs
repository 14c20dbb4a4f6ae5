//! The command's arguments and variables, and the messages about wrong ones.

pub(crate) mod contradictions;
pub(crate) mod credentials;
pub(crate) mod global_endpoints;
pub(crate) mod help;
pub(crate) mod host_names;
pub(crate) mod passwords;
pub(crate) mod roles;
pub(crate) mod variables;
pub(crate) mod wrong_arguments;
pub(crate) mod wrong_settings;
