//! `AWSAuthenticationPlugin` as MySQL loads it.

mod abi;
mod authentication_string;
mod declaration;
