//! `rds-bridge serve`: unmodified HTTP clients in front of real servers.

mod abandoned;
mod admin;
mod callers;
mod data_api;
mod data_api_clients;
mod data_api_signatures;
mod guards;
mod planetscale;
mod planetscale_types;
mod sessions;
mod usage;
