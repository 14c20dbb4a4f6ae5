//! What AWS knows of the caller and of a database: credentials, and what an endpoint's name tells.

mod credentials;
mod endpoint_kind;
mod environment;
mod partition;
mod region;
mod resource_id;

pub use credentials::Credentials;
pub use endpoint_kind::EndpointKind;
pub use environment::{MissingCredentials, credentials_from_environment};
pub use partition::Partition;
pub use region::region_of_endpoint;
pub use resource_id::{InvalidResourceId, ResourceId, ResourceKind};
