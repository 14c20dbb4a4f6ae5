//! Resolution of host names.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

/// The future of [`Resolve::resolve`].
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// The future of [`Resolve::canonical_name`]: `None` if the name is not an alias.
pub type CanonicalName<'a> = Pin<Box<dyn Future<Output = io::Result<Option<String>>> + Send + 'a>>;

/// Resolves host names. Implement it to replace the system's resolver.
pub trait Resolve: Debug + Send + Sync {
    /// Resolves `host` to addresses with the port `port`, in the order in which they are tried.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a>;

    /// Resolves one alias (CNAME) of a chain: the name that `host` is an alias of. It is called only if
    /// [`BridgeBuilder::resolve_cname`](crate::BridgeBuilder::resolve_cname) is set. The default queries the name
    /// servers that the system is configured with.
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
