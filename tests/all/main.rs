//! Every test that is not of one file alone.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test: to panic is how it fails"
)]

mod account_causes;
mod addresses;
mod aliases;
mod alternative_logins;
mod caller_identity;
mod cancelling;
mod causes;
mod column_types;
mod columnar_output;
mod command;
mod component;
mod connection_stages;
mod credentials;
mod cut_off_output;
mod doctor_warnings;
mod emulate_command;
mod emulate_flags;
mod emulate_program;
mod emulator;
mod emulator_bad_input;
mod emulator_clients;
mod emulator_faults;
mod emulator_load;
mod emulator_sql;
mod ended_connections;
mod exact_numbers;
mod exchanges;
mod fake_aws;
mod fractions;
mod function;
mod handshake_properties;
mod host_names;
mod hostile_binary;
mod hostile_properties;
mod hostile_server;
mod interrupted_statements;
mod late_forwarder;
mod late_greeting;
mod leak;
mod leak_of_database_secrets;
mod leak_of_errors;
mod leak_of_sources;
mod live;
mod local_infile;
mod login;
mod login_with_caching_sha2;
mod long_statements;
mod mysql_features;
mod not_mysql;
mod one_flight;
mod one_flight_of_peers;
mod output_file;
mod output_formats;
#[cfg(target_os = "linux")]
mod output_pipe;
mod output_security;
mod output_terminal;
mod parameter_types;
mod pool;
mod pool_sessions;
mod profile_errors;
mod protocol_choice;
mod protocol_choice_of_peers;
mod query_command;
mod query_transactions;
mod read_limits;
mod refused_certificates;
mod relay;
mod rotation;
mod rows_as_tuples;
mod sandbox;
mod secrets;
mod secrets_manager;
mod secrets_manager_errors;
mod session_reset;
mod session_set_up;
mod session_settings;
mod setup_command;
mod sigv4_oracle;
mod statement_texts;
mod statement_timeout;
mod statements;
mod time_zone;
mod tls;
mod token_properties;
mod token_vectors;
mod unanswered_commit;
mod vector_columns;
mod vectors;
mod wrong_arguments;
mod wrong_settings;
