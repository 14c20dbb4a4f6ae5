//! Functions that several tests share.

pub(crate) mod addresses;
pub(crate) mod aws_home;
pub(crate) mod column_types;
pub(crate) mod command;
pub(crate) mod counted_rows;
pub(crate) mod cutting_relay;
pub(crate) mod emulator;
pub(crate) mod fake_aws;
pub(crate) mod folders;
pub(crate) mod function;
pub(crate) mod gateway;
pub(crate) mod gateway_config;
pub(crate) mod hostile_server;
pub(crate) mod late_forwarder;
pub(crate) mod library;
pub(crate) mod live;
pub(crate) mod never;
pub(crate) mod proxy;
pub(crate) mod proxy_files;
pub(crate) mod relay;
pub(crate) mod run_alone;
pub(crate) mod secret_forms;
pub(crate) mod secrets_manager;
pub(crate) mod tables;
pub(crate) mod vectors;
pub(crate) mod waiting;
