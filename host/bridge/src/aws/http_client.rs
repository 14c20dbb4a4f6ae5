//! The HTTP client for AWS's endpoints: rustls with ring, initialised lazily.
//!
//! The SDK's own client reads the system's root certificates when it is *built*, even if it is used for plain HTTP to a
//! metadata endpoint only, or not at all. This client reads them before the first request over HTTPS.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::plain_http;

/// A client that trusts the system's roots (`SSL_CERT_FILE` names others), and uses the proxy of `HTTPS_PROXY` for
/// HTTPS, except to the hosts in `NO_PROXY`. Plain HTTP uses no proxy, and is allowed to this machine and metadata
/// endpoints only ([`plain_http`]).
pub(super) fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(LazyClient::default())
}

/// The connectors that were built, by their settings. There are as many as kinds of clients, which are few.
type Made = Vec<(
    (Scheme, Option<Duration>, Option<Duration>),
    SharedHttpConnector,
)>;

#[derive(Clone, Debug, Default)]
struct LazyClient(Arc<Mutex<Made>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl HttpClient for LazyClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(LazyConnector {
            client: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct LazyConnector {
    client: LazyClient,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for LazyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let scheme = match request.uri().get(..6) {
            Some(start) if start.eq_ignore_ascii_case("https:") => Scheme::Https,
            _ => Scheme::Http,
        };
        if scheme == Scheme::Http
            && let Err(error) = plain_http::check(request.uri())
        {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
        }
        self.connector(scheme).call(request)
    }
}

impl LazyConnector {
    /// Returns the existing connector for these settings, with its open connections, or builds one.
    fn connector(&self, scheme: Scheme) -> SharedHttpConnector {
        let Self {
            settings,
            components,
            ..
        } = self;
        let kind = (scheme, settings.connect_timeout(), settings.read_timeout());
        let mut made = self.client.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = made.iter().find(|(own, _)| *own == kind) {
            return connector.clone();
        }
        let connector = SharedHttpConnector::new(connector(scheme, settings, components));
        made.push((kind, connector.clone()));
        connector
    }
}

fn connector(
    scheme: Scheme,
    settings: &HttpConnectorSettings,
    components: &RuntimeComponents,
) -> Connector {
    let (roots, proxy) = match scheme {
        Scheme::Https => (TrustStore::default(), ProxyConfig::from_env()),
        Scheme::Http => (TrustStore::empty(), ProxyConfig::disabled()),
    };
    let context = TlsContext::builder().with_trust_store(roots).build();
    let mut builder = Connector::builder()
        .connector_settings(settings.clone())
        .proxy_config(proxy);
    builder.set_sleep_impl(components.sleep_impl());
    builder
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        // Building the context cannot fail at present. The fallback trusts the system's roots.
        .tls_context(context.unwrap_or_default())
        .build()
}
