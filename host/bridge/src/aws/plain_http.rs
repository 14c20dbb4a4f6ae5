//! Requests without TLS. They are allowed to this machine, and to the addresses of AWS's metadata endpoints.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// The link-local addresses of metadata endpoints, which AWS serves over plain HTTP.
///
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>,
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>,
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html>
const METADATA: [IpAddr; 5] = [
    // EC2.
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    // ECS.
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    // EKS Pod Identity.
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// A URL that would send credentials or a secret in plaintext.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the endpoint http://{authority} does not use TLS, but its responses are secret: use https:// in AWS_ENDPOINT_URL, \
     AWS_ENDPOINT_URL_… or endpoint_url of the AWS config files (http:// is allowed only for this machine)"
)]
pub(crate) struct PlainHttp {
    /// The host and port.
    authority: String,
}

/// Accepts a URL of plain HTTP to this machine or a metadata address.
///
/// # Errors
///
/// [`PlainHttp`] for any other URL.
pub(super) fn check(url: &str) -> Result<(), PlainHttp> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // The part before the `@` may contain a password.
    let authority = authority.rsplit('@').next().unwrap_or_default();
    if is_trusted(host_of(authority)) {
        return Ok(());
    }
    let authority = authority.to_owned();
    Err(PlainHttp { authority })
}

fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_trusted(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || METADATA.contains(&address),
        // RFC 6761, section 6.3: names under `localhost` are this machine's too.
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Finds this error among the sources of another.
pub(crate) fn beneath<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a PlainHttp> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(refused) = error.downcast_ref() {
            return Some(refused);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_and_metadata_addresses_are_asked() {
        for url in [
            "http://127.0.0.1:5000/",
            "http://127.1.2.3",
            "http://[::1]:80/x",
            "HTTP://LOCALHOST:4566/?a=b",
            "http://sts.localhost:4566/",
            "http://169.254.169.254/latest/api/token",
            "http://[fd00:ec2::254]/latest/api/token",
            "http://169.254.170.2/v2/credentials/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn others_are_not_and_a_password_in_the_url_is_not_shown() {
        for (url, shown) in [
            (
                "http://sts.eu-west-1.amazonaws.com/",
                "sts.eu-west-1.amazonaws.com",
            ),
            ("http://10.0.0.1:4566/x", "10.0.0.1:4566"),
            ("http://user:hunter2@proxy.example/", "proxy.example"),
            ("http://localhost.example.com/", "localhost.example.com"),
            ("http://127.0.0.1@evil.example/", "evil.example"),
            ("http://evil.example?@127.0.0.1/", "evil.example"),
            ("http://[fd00:ec2::1]/", "[fd00:ec2::1]"),
            ("http:///", ""),
        ] {
            let refused = check(url).unwrap_err();
            assert_eq!(refused.authority, shown, "{url}");
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
        }
    }
}
