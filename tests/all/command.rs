//! The command `rds-bridge`.

pub(crate) mod doctor_certificates;
pub(crate) mod doctor_warnings;
pub(crate) mod late_greeting;
pub(crate) mod not_mysql;
pub(crate) mod output;
pub(crate) mod programs;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod statements;
pub(crate) mod tunnel;
