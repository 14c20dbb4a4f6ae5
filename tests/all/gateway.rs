//! `rds-bridge serve`: unmodified HTTP clients in front of real servers.

mod abandoned;
mod admin;
mod callers;
mod configuration;
mod data_api;
mod data_api_clients;
mod data_api_signatures;
mod drain;
mod grants;
mod guards;
mod manifests;
mod planetscale;
mod planetscale_recording;
mod planetscale_types;
mod reload;
mod sessions;
mod time_limits;
mod unknown_outcomes;
mod usage;
mod v1;
mod v1_batch;
mod v1_errors;
mod v1_formats;
mod v1_idempotency;
mod v1_streams;
