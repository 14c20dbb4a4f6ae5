//! An address to listen on, as people write it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Reads `127.0.0.1:3307`, `[::1]:3307`, `localhost:3307` or `3307`. A port alone, and `localhost`, are on 127.0.0.1.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    match port.parse() {
        Ok(port) => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        Err(_) => Err("expected an IP address and a port, such as 127.0.0.1:3307".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_this_machine() {
        for text in ["3307", "localhost:3307", "127.0.0.1:3307"] {
            assert_eq!(address(text).unwrap().to_string(), "127.0.0.1:3307");
        }
        assert_eq!(address("[::1]:1").unwrap().to_string(), "[::1]:1");
        for text in ["", "127.0.0.1", ":80000", "host:3307", "70000"] {
            address(text).unwrap_err();
        }
    }
}
