//! Checks which host a request names, in its header `Host` or in its target.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::Version;
use axum::http::header::HOST;

/// Whether all that a request calls its host is one of the names.
pub(super) fn is_named(request: &Request, is_name: impl Fn(&str) -> bool) -> bool {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    let is_host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(|it| is_name(name(it))),
        // HTTP/2 names the host in the pseudo-header `:authority`, which is the authority of the target.
        (None, _) => request.version() == Version::HTTP_2 && request.uri().host().is_some(),
        (Some(_), Some(_)) => false,
    };
    is_host && request.uri().host().is_none_or(is_name)
}

/// The IP address that a host is.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

/// The host of `host:port`. The port may be that of a tunnel, and says nothing.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The last colon of an IPv6 address is within its brackets.
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    }
}
