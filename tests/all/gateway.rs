//! `rds-bridge serve`: unmodified HTTP clients in front of real servers.

mod abandoned;
mod admin;
mod callers;
mod data_api;
mod data_api_clients;
mod data_api_signatures;
mod guards;
mod manifests;
mod planetscale;
mod planetscale_recording;
mod planetscale_types;
mod sessions;
mod unknown_outcomes;
mod usage;
mod v1;
mod v1_batch;
mod v1_errors;
mod v1_formats;
mod v1_streams;
