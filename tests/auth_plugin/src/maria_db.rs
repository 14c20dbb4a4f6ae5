//! `AWSAuthenticationPlugin` as MariaDB loads it.

mod abi;
mod declaration;
