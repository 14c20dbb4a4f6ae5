//! `rds-bridge proxy`: unmodified clients in front of real servers.

mod admin;
mod certificates;
mod change_user;
mod disclosure;
mod doctor;
mod drain;
mod failures;
mod hashing;
mod library;
#[cfg(unix)]
mod limits;
mod logging;
mod methods;
mod passwords;
#[cfg(unix)]
mod places;
mod raw_user;
mod read_only;
mod readiness;
mod roles;
mod rotated_credentials;
mod sessions;
mod strangers;
#[cfg(unix)]
mod systemd;
mod taken_port;
#[cfg(unix)]
mod unix_activation;
