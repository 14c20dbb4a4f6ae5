//! What AWS knows of the caller: credentials, and the region of an endpoint.

mod credentials;
mod environment;
mod region;

pub use credentials::Credentials;
pub use environment::{MissingCredentials, credentials_from_environment};
pub use region::region_of_endpoint;
