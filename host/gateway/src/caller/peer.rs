//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName};

use super::certificate::ClientCertificate;

/// The bits of an IPv6 address that a network assigns to one customer or subnet.
const SOURCE_BITS: u128 = !0 << 64;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of a connection. An extension of its requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer {
    /// `None` if it is not known, as in a function.
    pub(crate) address: Option<IpAddr>,
    /// The client's certificate, which TLS has verified.
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
}

/// An IPv4 address, or the network of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

impl Source {
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & SOURCE_BITS).into()),
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl Peer {
    /// The names of the client's certificate at a time. Empty without one that is valid.
    pub(crate) fn names(&self, now: SystemTime) -> &[String] {
        let certificate = self.certificate.as_ref().filter(|it| it.is_valid(now));
        certificate.map_or(&[], |it| it.names())
    }

    /// The source of a request on the connection. A trusted proxy appends the address that it sees to
    /// `X-Forwarded-For`; what precedes it may be invented.
    pub(crate) fn source(&self, headers: &HeaderMap, is_behind_proxy: bool) -> Option<Source> {
        if !is_behind_proxy {
            return self.address.map(Source::of);
        }
        let last = headers.get_all(FORWARDED_FOR).iter().next_back()?;
        let last = last.to_str().ok()?.rsplit(',').next()?;
        address(last.trim()).map(Source::of)
    }
}

/// The address of an element of `X-Forwarded-For`. Some proxies append the port of the connection.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let with_port = || text.parse().ok().map(|it: SocketAddr| it.ip());
    bare.unwrap_or(text).parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let of = |address: &str| Source::of(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("10.0.0.1"), of("::ffff:10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }

    #[test]
    fn a_proxy_names_the_source_last() {
        let peer = Peer {
            address: Some([10, 0, 0, 1].into()),
            certificate: None,
        };
        let source = |headers: &[&str], is_behind| {
            let headers = headers
                .iter()
                .map(|it| (FORWARDED_FOR, it.parse().unwrap()));
            peer.source(&headers.collect(), is_behind)
        };
        let of = |address: &str| Some(Source::of(address.parse().unwrap()));
        assert_eq!(source(&["192.0.2.1"], false), of("10.0.0.1"));
        assert_eq!(source(&["192.0.2.1"], true), of("192.0.2.1"));
        assert_eq!(source(&["192.0.2.9, 192.0.2.1"], true), of("192.0.2.1"));
        assert_eq!(
            source(&["192.0.2.9", "2001:db8::1"], true),
            of("2001:db8::")
        );
        for with_port in ["192.0.2.1:5678", "192.0.2.9, 192.0.2.1:1"] {
            assert_eq!(source(&[with_port], true), of("192.0.2.1"), "{with_port}");
        }
        for with_port in ["[2001:db8::1]:99", "[2001:db8::1]"] {
            assert_eq!(source(&[with_port], true), of("2001:db8::"), "{with_port}");
        }
        for nothing in [
            &[][..],
            &["unknown"],
            &["192.0.2.1,"],
            &["192.0.2.1:"],
            &["192.0.2.1:x"],
            &["[192.0.2.1:5"],
            &["2001:db8::1]:99"],
        ] {
            assert_eq!(source(nothing, true), None, "{nothing:?}");
        }
    }
}
