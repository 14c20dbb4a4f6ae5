//! Addresses of this machine.

use std::net::IpAddr;

/// Whether only this machine can reach an address: 127.0.0.0/8 or `::1`, also in the form of an IPv6 address that stands
/// for an IPv4 address.
#[must_use]
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
