//! Names to addresses.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// The addresses of a name, to be awaited.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// What a name is an alias of, to be awaited: none if it is no alias.
pub type CanonicalName<'a> = Pin<Box<dyn Future<Output = io::Result<Option<String>>> + Send + 'a>>;

/// Gives the addresses of a name. Bring your own where the system's resolver is not the one to ask.
pub trait Resolve: Debug + Send + Sync {
    /// The addresses of `host`, in the order in which they are to be tried.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a>;

    /// The name that `host` is an alias (CNAME) of, one step along a chain of them. It is asked only where
    /// [`BridgeBuilder::resolve_cname`](crate::BridgeBuilder::resolve_cname) is set. Default: what the name servers
    /// of this system say.
    fn canonical_name<'a>(&'a self, host: &'a str) -> CanonicalName<'a> {
        Box::pin(super::alias::canonical_name_of_system(host))
    }
}

/// The system's resolver (`getaddrinfo`).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}
