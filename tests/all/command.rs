//! The command `rds-bridge`.

pub(crate) mod columnar_output;
pub(crate) mod cut_off_output;
pub(crate) mod doctor_warnings;
pub(crate) mod interrupted_statements;
pub(crate) mod output_file;
pub(crate) mod output_formats;
#[cfg(target_os = "linux")]
pub(crate) mod output_pipe;
pub(crate) mod output_security;
pub(crate) mod output_terminal;
pub(crate) mod programs;
pub(crate) mod query;
pub(crate) mod setup;
pub(crate) mod statement_timeout;
pub(crate) mod transactions;
pub(crate) mod unanswered_commit;
pub(crate) mod wrong_arguments;
pub(crate) mod wrong_settings;
