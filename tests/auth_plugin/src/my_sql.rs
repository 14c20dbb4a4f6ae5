//! `AWSAuthenticationPlugin` in the form that MySQL loads.

mod abi;
mod authentication_string;
mod declaration;
