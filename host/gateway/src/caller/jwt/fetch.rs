//! Fetches the document of an issuer's keys.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::body::Bytes;
use http_body_util::{BodyExt, Limited};
use rds_bridge::error::Chain;
use rds_bridge_access::KeysScheme;
use thiserror::Error;
use tokio::time::timeout;

/// How long an issuer may take.
const LIMIT: Duration = Duration::from_secs(5);
/// A larger document is not read.
const LARGEST: usize = 64 << 10;

/// Fetches the document of an issuer's keys, over a connection that is kept.
///
/// As the library's requests to AWS: it trusts the system's roots (`SSL_CERT_FILE` names others), and uses the proxy of
/// `HTTPS_PROXY`. It follows no redirects.
#[derive(Debug)]
pub(super) struct Fetch {
    url: String,
    scheme: KeysScheme,
    /// Built for the first request, because it reads the system's roots.
    connector: Mutex<Option<SharedHttpConnector>>,
}

/// Why the document cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum FetchError {
    #[error("no answer within {} s", LIMIT.as_secs())]
    Timeout,
    #[error("the issuer cannot be reached: {0}")]
    Unreachable(String),
    #[error("the issuer answered with the HTTP status {0}")]
    Status(u16),
    #[error("the response is larger than {LARGEST} bytes, or the connection was lost")]
    Body,
    #[error("the response is not a JSON Web Key Set")]
    NoKeySet,
}

impl Fetch {
    pub(super) fn new(url: String, scheme: KeysScheme) -> Self {
        Self {
            url,
            scheme,
            connector: Mutex::default(),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Fetches the document.
    ///
    /// # Errors
    ///
    /// [`FetchError`], but [`FetchError::NoKeySet`].
    pub(super) async fn document(&self) -> Result<Bytes, FetchError> {
        let fetched = timeout(LIMIT, self.fetch()).await;
        fetched.unwrap_or(Err(FetchError::Timeout))
    }

    async fn fetch(&self) -> Result<Bytes, FetchError> {
        let unreachable = |error: &(dyn std::error::Error + 'static)| {
            FetchError::Unreachable(Chain(error).to_string())
        };
        let mut request = HttpRequest::get(&self.url).map_err(|error| unreachable(&error))?;
        request.headers_mut().insert("accept", "application/json");
        let connector = self.connector().await?;
        let response = connector.call(request).await;
        let response = response.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(FetchError::Status(status));
        }
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        body.map(|it| it.to_bytes()).map_err(|_| FetchError::Body)
    }

    async fn connector(&self) -> Result<SharedHttpConnector, FetchError> {
        if let Some(connector) = &*self.lock() {
            return Ok(connector.clone());
        }
        let scheme = self.scheme;
        // Reading the system's roots takes some milliseconds.
        let built = tokio::task::spawn_blocking(move || build(scheme)).await;
        let built = built.map_err(|error| FetchError::Unreachable(Chain(&error).to_string()))?;
        *self.lock() = Some(built.clone());
        Ok(built)
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<SharedHttpConnector>> {
        self.connector
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn build(scheme: KeysScheme) -> SharedHttpConnector {
    let (roots, proxy) = match scheme {
        KeysScheme::Https => (TrustStore::default(), ProxyConfig::from_env()),
        KeysScheme::Http => (TrustStore::empty(), ProxyConfig::disabled()),
    };
    let context = TlsContext::builder().with_trust_store(roots).build();
    let connector = Connector::builder()
        .proxy_config(proxy)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        // Building the context cannot fail at present. The fallback trusts the system's roots.
        .tls_context(context.unwrap_or_default())
        .build();
    SharedHttpConnector::new(connector)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_error_says_why_the_issuer_cannot_be_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let refused = Fetch::new(url, KeysScheme::Http).document().await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("Connection refused"), "{error}");
    }
}
