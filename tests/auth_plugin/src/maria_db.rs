//! `AWSAuthenticationPlugin` in the form that MariaDB loads.

mod abi;
mod declaration;
