//! An endpoint that is given by an alias (CNAME), and looked up for each connection.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::Inner;
use super::deadline::within;
use crate::aws::{EndpointKind, RegionSource, region_of_endpoint};
use crate::error::{Error, ErrorKind, Stage};
use crate::mysql::Protocol;
use crate::net::{self, Resolve};

/// An alias of an RDS endpoint, and what follows the endpoint when the alias changes.
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    pub(super) name: String,
    /// No other address was given to connect to.
    pub(super) is_connected_to: bool,
    /// No other name was given for the server's certificate.
    pub(super) is_verified: bool,
}

/// The RDS endpoint that a host is an alias of now.
///
/// # Errors
///
/// [`ErrorKind::Resolve`] if it cannot be looked up in that time, [`ErrorKind::Setting`] if it is no alias of one.
pub async fn resolve_alias(
    host: &str,
    resolver: &dyn Resolve,
    limit: Duration,
) -> Result<String, Error> {
    let unresolved = |source| {
        let host = host.to_owned();
        Error::new(Stage::Resolve, ErrorKind::Resolve { host, source })
    };
    let looking_up = async {
        let behind = net::resolve_rds_alias(resolver, host).await;
        behind.map_err(unresolved)
    };
    let behind = within(Stage::Resolve, limit, looking_up).await?;
    behind.ok_or_else(|| {
        let problem = format!(
            "{host} is not a CNAME that leads to an RDS endpoint: use the endpoint's own name"
        );
        Error::setting("resolve_cname", problem)
    })
}

impl Inner {
    /// The bridge with the endpoint that its alias names now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Resolve`] if the alias cannot be looked up, [`ErrorKind::Setting`] if it is no longer an alias.
    pub(super) async fn with_current_endpoint(
        self: &Arc<Self>,
        alias: &Alias,
    ) -> Result<Arc<Self>, Error> {
        let limit = self.timeouts.resolve;
        let host = resolve_alias(&alias.name, &*self.resolver, limit).await?;
        if host == self.endpoint.host {
            return Ok(Arc::clone(self));
        }
        tracing::info!(
            alias = alias.name,
            endpoint = host,
            "the alias now points to another endpoint"
        );
        let changed = Self::clone(self).with_endpoint(alias, host)?;
        Ok(Arc::new(changed))
    }

    fn with_endpoint(mut self, alias: &Alias, host: String) -> Result<Self, Error> {
        if let Some((region, source)) = &mut self.endpoint.region
            && *source != RegionSource::Given
            && let Some(named) = region_of_endpoint(&host)
        {
            (*region, *source) = (named, RegionSource::Endpoint);
        }
        if alias.is_connected_to {
            self.address.host.clone_from(&host);
        }
        if alias.is_verified {
            self.server_name = ServerName::try_from(host.clone()).map_err(|_| {
                Error::setting("resolve_cname", "the alias does not lead to a DNS name")
            })?;
        }
        if let EndpointKind::Proxy { .. } = EndpointKind::of_endpoint(&host) {
            self.is_direct = false;
            if self.protocol == Protocol::Auto {
                self.protocol = Protocol::Text;
            }
        }
        self.endpoint.host = host;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Credentials;
    use crate::bridge::{Bridge, BridgeBuilder};

    const BEFORE: &str = "db.cluster-abc.us-east-1.rds.amazonaws.com";
    const AFTER: &str = "db.cluster-def.eu-west-1.rds.amazonaws.com";

    fn after_a_switchover(change: impl Fn(BridgeBuilder) -> BridgeBuilder) -> Inner {
        let builder = Bridge::builder()
            .endpoint(BEFORE)
            .user("u")
            .credentials(Credentials::new("AKID", "secret"));
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let bridge = runtime.unwrap().block_on(change(builder.clone()).build());
        let alias = Alias {
            name: "db.global-xyz.global.rds.amazonaws.com".to_owned(),
            is_connected_to: change(builder.clone()).connect_to.is_none(),
            is_verified: change(builder).tls_server_name.is_none(),
        };
        let inner = Inner::clone(&bridge.unwrap().inner);
        inner.with_endpoint(&alias, AFTER.to_owned()).unwrap()
    }

    #[test]
    fn all_that_follows_from_the_endpoint_follows_the_alias() {
        let inner = after_a_switchover(|builder| builder);
        assert_eq!(inner.endpoint.host, AFTER);
        let region = ("eu-west-1".to_owned(), RegionSource::Endpoint);
        assert_eq!(inner.endpoint.region, Some(region));
        assert_eq!(inner.address.host, AFTER);
        assert_eq!(inner.server_name.to_str(), AFTER);
    }

    #[test]
    fn what_was_given_stays() {
        let inner = after_a_switchover(|builder| {
            builder
                .region("us-west-2")
                .connect_to("localhost:13306")
                .tls_server_name("db.example.com")
        });
        assert_eq!(inner.endpoint.host, AFTER);
        let region = ("us-west-2".to_owned(), RegionSource::Given);
        assert_eq!(inner.endpoint.region, Some(region));
        assert_eq!(inner.address.host, "localhost");
        assert_eq!(inner.server_name.to_str(), "db.example.com");
    }
}
