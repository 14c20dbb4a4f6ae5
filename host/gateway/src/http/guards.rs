//! What is checked of every request before a dialect sees it.
//!
//! A gateway on a loopback address is reachable from every web page that a browser on this machine shows. Three checks
//! keep pages out: a page of another site that posts a form cannot choose the content type JSON; a script of another
//! site is named in `Origin`, and gets no CORS; and a page whose own name was rebound to 127.0.0.1 names itself in
//! `Host`.

use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use rds_bridge_access::is_loopback;
use thiserror::Error;
use tokio::time::timeout;

use super::named_host::{address, is_named};
use crate::allowed_names::AllowedNames;
use crate::body_budget::{BodyRefused, HeldBody};
use crate::shared::Shared;

/// How long a request's body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a request was refused before it reached a route. Each dialect has its own form for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refused {
    #[error(
        "the Host header names another server: use localhost, a loopback address, or a name that the gateway allows"
    )]
    Host,
    #[error("requests with an Origin header are refused unless the origin is allowed")]
    Origin,
    #[error("send the request as POST with the header Content-Type: application/json")]
    ContentType,
    #[error("the request's body is larger than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the request's body did not arrive within {} s", BODY_TIMEOUT.as_secs())]
    BodyTimeout,
    #[error("the gateway is reading too many large requests at present: repeat the request later")]
    TooManyBodies,
    /// The program that received the request found no HTTP in it.
    #[error("{0}")]
    Malformed(&'static str),
    /// The program that received the request does not serve it.
    #[error("{0}")]
    NotServed(&'static str),
    /// The program that received the request cannot serve it now.
    #[error("{0}")]
    Unavailable(&'static str),
}

impl Refused {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotServed(_) => StatusCode::FORBIDDEN,
            Self::TooManyBodies | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// What a dialect adds to the checks.
#[derive(Clone, Copy)]
pub(crate) struct Guard {
    /// The dialect's form of a refusal.
    pub(crate) refusal: fn(&Refused) -> Response,
    /// Authenticates the sender by the headers, as far as the dialect can, so that the gateway reads no body of a sender
    /// that it does not know. The error is the response.
    pub(crate) authenticate: Authenticate,
}

type Authenticate = for<'r> fn(&'r Shared, &'r mut Parts) -> Authenticating<'r>;

/// The future of [`Guard::authenticate`].
pub(crate) type Authenticating<'r> =
    Pin<Box<dyn Future<Output = Result<(), Response>> + Send + 'r>>;

/// Authenticates the sender as the extractor `A` of a dialect does, which keeps what it has found for the dialect.
pub(crate) fn authenticate_as<'r, A>(shared: &'r Shared, parts: &'r mut Parts) -> Authenticating<'r>
where
    A: FromRequestParts<Shared, Rejection = Response>,
{
    Box::pin(async { A::from_request_parts(parts, shared).await.map(drop) })
}

/// Checks each request to the routes of a dialect, and reads its body.
pub(crate) fn guarded(routes: Router<Shared>, shared: &Shared, guard: Guard) -> Router<Shared> {
    let state = (shared.clone(), guard);
    routes
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(state, check))
}

async fn check(
    State((shared, guard)): State<(Shared, Guard)>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(refused) = check_head(&shared, &request) {
        return (guard.refusal)(&refused);
    }
    let (mut parts, body) = request.into_parts();
    if let Err(response) = (guard.authenticate)(&shared, &mut parts).await {
        return response;
    }
    let limit = shared.limits.body_bytes;
    let read = timeout(BODY_TIMEOUT, shared.body_budget.read(body, limit)).await;
    let read = match read {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(BodyRefused::TooLarge)) => Err(Refused::BodyTooLarge { limit }),
        Ok(Err(BodyRefused::TooMany)) => Err(Refused::TooManyBodies),
        Err(_elapsed) => Err(Refused::BodyTimeout),
    };
    match read {
        Ok(HeldBody { bytes, share }) => {
            let response = next
                .run(Request::from_parts(parts, Body::from(bytes)))
                .await;
            drop(share);
            response
        }
        Err(refused) => {
            let mut response = (guard.refusal)(&refused);
            if refused == Refused::TooManyBodies {
                let seconds = HeaderValue::from_static("1");
                response.headers_mut().insert(RETRY_AFTER, seconds);
            }
            response
        }
    }
}

/// Checks what is known before the body is read.
fn check_head(shared: &Shared, request: &Request) -> Result<(), Refused> {
    shared.allowed_names.check(request)?;
    let limit = shared.limits.body_bytes;
    // The announced length, so that a body that is too large is not read.
    let announced = usize::try_from(request.body().size_hint().lower());
    if announced.map_or(true, |length| length > limit) {
        return Err(Refused::BodyTooLarge { limit });
    }
    Ok(())
}

impl AllowedNames {
    fn check(&self, request: &Request) -> Result<(), Refused> {
        let headers = request.headers();
        if !self.any_host && !is_named(request, |name| self.is_name(name)) {
            return Err(Refused::Host);
        }
        if headers.get_all(ORIGIN).iter().any(|it| !self.is_origin(it)) {
            return Err(Refused::Origin);
        }
        if request.method() != Method::POST || !is_json(headers) {
            return Err(Refused::ContentType);
        }
        Ok(())
    }

    /// Whether a request names the admin address as a program does, and not as a page whose own name was rebound to it.
    ///
    /// Health checks name whichever IP address they connect to, or with HTTP/1.0 nothing. A browser names the host of the
    /// page.
    pub(crate) fn allow_admin(&self, request: &Request) -> bool {
        let is_http_1_0 = request.version() == Version::HTTP_10;
        let has_host = request.headers().contains_key(HOST) || request.uri().host().is_some();
        let is_own = |name: &str| address(name).is_some() || self.is_name(name);
        self.any_host || is_http_1_0 && !has_host || is_named(request, is_own)
    }

    /// Whether a name or an address, without a port, is one of the gateway's.
    fn is_name(&self, name: &str) -> bool {
        let mut allowed = self.hosts.iter();
        address(name).is_some_and(is_loopback)
            || name.eq_ignore_ascii_case("localhost")
            || allowed.any(|it| name.eq_ignore_ascii_case(it))
    }

    fn is_origin(&self, origin: &HeaderValue) -> bool {
        self.origins.iter().any(|it| origin == it.as_str())
    }
}

/// Whether the only header `Content-Type` is that of JSON, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = value.to_str().unwrap_or_default().split(';').next();
    let essence = essence.unwrap_or_default().trim();
    // AWS's own, of the SDKs.
    ["application/json", "application/x-amz-json-1.1"]
        .iter()
        .any(|it| essence.eq_ignore_ascii_case(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&str, &str)]) -> Result<(), Refused> {
        let allowed = AllowedNames {
            any_host: false,
            hosts: vec!["gateway.internal".to_owned()],
            origins: vec!["https://app.example".to_owned()],
        };
        let mut request = Request::builder().method(Method::POST).uri("/Execute");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        allowed.check(&request.body(Body::empty()).unwrap())
    }

    const JSON: (&str, &str) = ("Content-Type", "application/json");

    #[test]
    fn a_host_is_the_gateways() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "127.1.2.3",
            "[::1]:8080",
            "[::1]",
            "[::ffff:127.0.0.1]:1",
            "Gateway.internal:443",
        ] {
            assert_eq!(checked(&[("Host", host), JSON]), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "10.0.0.1",
            "[::2]",
            "",
            "127.0.0.1.evil.example",
            "localhost:8080:8080",
        ] {
            let refused = checked(&[("Host", host), JSON]);
            assert_eq!(refused, Err(Refused::Host), "{host}");
        }
        assert_eq!(checked(&[JSON]), Err(Refused::Host));
        let two = [("Host", "localhost"), ("Host", "evil.example"), JSON];
        assert_eq!(checked(&two), Err(Refused::Host));
    }

    #[test]
    fn the_target_of_a_request_is_no_way_round_the_host() {
        let request = Request::builder().method(Method::POST);
        let request = request.uri("http://evil.example/Execute");
        let request = request.header(HOST, "localhost");
        let request = request.header(CONTENT_TYPE, "application/json");
        let request = request.body(Body::empty()).unwrap();
        let refused = AllowedNames::default().check(&request);
        assert_eq!(refused, Err(Refused::Host));
    }

    #[test]
    fn any_host_leaves_the_other_checks() {
        let allowed = AllowedNames {
            any_host: true,
            ..AllowedNames::default()
        };
        let request = Request::builder().method(Method::POST).uri("/Execute");
        let request = request.header(HOST, "abc.lambda-url.eu-central-1.on.aws");
        let json = request.header(CONTENT_TYPE, "application/json");
        let mut request = json.body(Body::empty()).unwrap();
        assert_eq!(allowed.check(&request), Ok(()));
        let origin = "https://evil.example".parse().unwrap();
        request.headers_mut().insert(ORIGIN, origin);
        assert_eq!(allowed.check(&request), Err(Refused::Origin));
    }

    #[test]
    fn http_2_names_the_host_in_the_target() {
        let checked = |target: &str, host: Option<&str>| {
            let request = Request::builder().method(Method::POST).uri(target);
            let mut request = request.version(Version::HTTP_2);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            let request = request.header(CONTENT_TYPE, "application/json");
            AllowedNames::default().check(&request.body(Body::empty()).unwrap())
        };
        assert_eq!(checked("https://localhost:8443/Execute", None), Ok(()));
        let named = checked("https://localhost:8443/Execute", Some("localhost"));
        assert_eq!(named, Ok(()));
        for (target, host) in [
            ("https://evil.example/Execute", None),
            ("https://evil.example/Execute", Some("localhost")),
            ("https://localhost/Execute", Some("evil.example")),
            ("/Execute", None),
        ] {
            assert_eq!(checked(target, host), Err(Refused::Host), "{target}");
        }
    }

    #[test]
    fn the_admin_address_is_named_by_any_address() {
        let allowed = AllowedNames {
            hosts: vec!["gateway.internal".to_owned()],
            ..AllowedNames::default()
        };
        let is_allowed = |version, hosts: &[&str]| {
            let mut request = Request::builder().version(version).uri("/metrics");
            for host in hosts {
                request = request.header(HOST, *host);
            }
            allowed.allow_admin(&request.body(Body::empty()).unwrap())
        };
        for host in [
            "localhost:9802",
            "127.0.0.1:9802",
            "10.0.0.1",
            "[2001:db8::1]:9802",
            "gateway.internal",
        ] {
            assert!(is_allowed(Version::HTTP_11, &[host]), "{host}");
        }
        for host in ["evil.example:9802", "10.0.0.1.evil.example", ""] {
            assert!(!is_allowed(Version::HTTP_11, &[host]), "{host}");
            assert!(!is_allowed(Version::HTTP_10, &[host]), "{host}");
        }
        assert!(!is_allowed(Version::HTTP_11, &["localhost", "localhost"]));
        assert!(!is_allowed(Version::HTTP_11, &[]));
        assert!(is_allowed(Version::HTTP_10, &[]));
    }

    #[test]
    fn an_origin_is_allowed_by_name() {
        let host = ("Host", "localhost");
        let allowed = checked(&[host, JSON, ("Origin", "https://app.example")]);
        assert_eq!(allowed, Ok(()));
        for origin in ["null", "http://localhost:8080", "https://app.example.evil"] {
            let refused = checked(&[host, JSON, ("Origin", origin)]);
            assert_eq!(refused, Err(Refused::Origin), "{origin}");
        }
    }

    #[test]
    fn a_body_is_json() {
        let host = ("Host", "localhost");
        let charset = ("Content-Type", "Application/JSON; charset=utf-8");
        assert_eq!(checked(&[host, charset]), Ok(()));
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "text/plain; application/json",
        ] {
            let refused = checked(&[host, ("Content-Type", content_type)]);
            assert_eq!(refused, Err(Refused::ContentType), "{content_type}");
        }
        let refused = checked(&[host, JSON, ("Content-Type", "text/plain")]);
        assert_eq!(refused, Err(Refused::ContentType));
        assert_eq!(checked(&[host]), Err(Refused::ContentType));
    }
}
