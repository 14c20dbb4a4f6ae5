//! A resolver and a provider of credentials that never answer.

use aws_credential_types::provider::{ProvideCredentials, future};
use rds_bridge::net::{Resolve, Resolving};

#[derive(Debug)]
pub(crate) struct Never;

impl Resolve for Never {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
        Box::pin(std::future::pending())
    }
}

impl ProvideCredentials for Never {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}
