//! The address in a setting: a host, and a port perhaps.

use super::Address;
use crate::error::Error;
use crate::net::host_name::{self, HostProblem};

/// Refuses what is not the name of a host, by the setting that gave it.
pub(super) fn check_host(setting: &'static str, text: &str) -> Result<(), Error> {
    host_name::check(text).map_err(|problem| Error::setting(setting, problem.to_string()))
}

/// `host`, `host:port`, `[v6]:port` or a bare v6 address.
pub(super) fn parse_address(text: &str, default_port: u16) -> Result<Address, Error> {
    // It may hold a password, and is not shown.
    if text.contains(['/', '@']) {
        return Err(Error::setting("connect_to", HostProblem::Url.to_string()));
    }
    let wrong = || {
        Error::setting(
            "connect_to",
            format!("{text:?} is neither a host nor host:port"),
        )
    };
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
            (host, rest.strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((_, rest)) if rest.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) => port
            .parse()
            .ok()
            .filter(|&port| port != 0)
            .ok_or_else(wrong)?,
        None => default_port,
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(wrong());
    }
    let host = host.to_owned();
    Ok(Address { host, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_every_form() {
        for (text, host, port) in [
            ("bastion", "bastion", 3306),
            ("bastion:13306", "bastion", 13306),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("::1", "::1", 3306),
            ("[::1]:5", "::1", 5),
            ("[::1]", "::1", 3306),
        ] {
            let address = parse_address(text, 3306).unwrap();
            assert_eq!(
                (address.host.as_str(), address.port),
                (host, port),
                "{text}"
            );
        }
        for text in ["", ":1", "a:", "a:0", "a:99999", "[::1", "mysql://a", "a b"] {
            assert!(parse_address(text, 3306).is_err(), "{text}");
        }
    }
}
