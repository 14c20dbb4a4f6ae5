//! Validation of host names.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The longest name that the Domain Name System allows, in bytes (RFC 1035, section 2.3.4).
const NAME_LIMIT: usize = 253;
/// The longest label, the part between two dots, in bytes (RFC 1035, section 2.3.4).
const LABEL_LIMIT: usize = 63;

/// Why a text is not the name of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostProblem {
    /// The text is empty.
    Empty,
    /// A URL or a part of one. The text is omitted, since it may contain a password.
    Url,
    /// A host and a port.
    Port {
        /// The host, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A name that ends with a dot; here without the dot.
    TrailingDot(String),
    /// Neither a DNS name nor an IP address.
    Shape(String),
    /// An IP address, if only a name is accepted ([`check_signable`]).
    Address(IpAddr),
}

/// Accepts the name of a host, or an IP address, without a port.
///
/// An accepted text can be resolved, verified against a certificate and, unless it is an IP address, signed for. The
/// library, every command and the function use this check, so that they refuse the same texts.
///
/// # Errors
///
/// [`HostProblem`]: what the text is instead. Never [`HostProblem::Address`].
pub fn check(text: &str) -> Result<(), HostProblem> {
    if text.is_empty() {
        return Err(HostProblem::Empty);
    }
    if text.contains(['/', '@']) {
        return Err(HostProblem::Url);
    }
    if text.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && let Ok(port) = port.parse()
        && (is_name(host) || is_bracketed(host))
    {
        let host = host.trim_matches(['[', ']']).to_owned();
        return Err(HostProblem::Port { host, port });
    }
    match text.strip_suffix('.') {
        Some(name) if is_name(name) => Err(HostProblem::TrailingDot(name.to_owned())),
        _ if is_name(text) => Ok(()),
        _ => Err(HostProblem::Shape(text.to_owned())),
    }
}

/// Accepts the name of a host that a token can be signed for. Unlike [`check`], it refuses an IP address.
///
/// # Errors
///
/// [`HostProblem`]: what the text is instead.
pub fn check_signable(text: &str) -> Result<(), HostProblem> {
    check(text)?;
    text.parse()
        .map_or(Ok(()), |address| Err(HostProblem::Address(address)))
}

/// Whether the text is a name that the component accepts: labels of letters, digits, hyphens and underscores.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        let at_edge = label.starts_with('-') || label.ends_with('-');
        (1..=LABEL_LIMIT).contains(&label.len()) && !at_edge && label.bytes().all(allowed)
    };
    text.len() <= NAME_LIMIT && text.split('.').all(is_label)
}

fn is_bracketed(text: &str) -> bool {
    let inside = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inside.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

impl HostProblem {
    /// Describes the problem without the text, for a text from a secret.
    pub(crate) fn unshown(&self) -> &'static str {
        match self {
            Self::Empty => "it is not set",
            Self::Url => {
                "it is not a host name: give only the name, without the other parts of a URL"
            }
            Self::Port { .. } => "it has a port: give the host and the port separately",
            Self::TrailingDot(_) => "it ends with a dot: remove the dot",
            Self::Shape(_) => "it is neither a DNS name nor an IP address",
            Self::Address(_) => {
                "it is an IP address: use the endpoint's name, because RDS accepts only tokens that \
                                 are signed for that name"
            }
        }
    }
}

impl std::error::Error for HostProblem {}

impl fmt::Display for HostProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty | Self::Url => f.write_str(self.unshown()),
            Self::Port { host, port } => {
                let colon = if host.contains(':') { "[" } else { "" };
                let end = if host.contains(':') { "]" } else { "" };
                write!(
                    f,
                    "\"{colon}{host}{end}:{port}\" contains a port: give {host} as the host and {port} as the port"
                )
            }
            Self::TrailingDot(name) => {
                write!(
                    f,
                    "\"{name}.\" ends with a dot: use the name without it, {name}"
                )
            }
            Self::Shape(text) => write!(f, "{}", Cut(text)),
            Self::Address(address) => write!(
                f,
                "{address} is an IP address: use the endpoint's name, which RDS verifies"
            ),
        }
    }
}

/// Displays a text, cut to a limited length.
struct Cut<'a>(&'a str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 80;
        let Self(text) = self;
        let problem = if text.len() > NAME_LIMIT {
            "it is longer than a DNS name, which has at most 253 bytes"
        } else {
            "it is neither a DNS name nor an IP address"
        };
        let start: String = text.chars().take(SHOWN).collect();
        let dots = if start.len() < text.len() { "…" } else { "" };
        write!(f, "{problem}: {start:?}{dots}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_taken() {
        let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
        for text in [
            "mydb.abc123.eu-central-1.rds.amazonaws.com",
            "localhost",
            "My_DB.Example.com",
            "127.0.0.1",
            "::1",
            &longest,
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_port_is_named_with_what_to_do() {
        for (text, host, port) in [
            (
                "mydb.abc123.eu-central-1.rds.amazonaws.com:3306",
                "mydb.abc123.eu-central-1.rds.amazonaws.com",
                3306,
            ),
            ("localhost:13306", "localhost", 13306),
            ("127.0.0.1:3306", "127.0.0.1", 3306),
            ("[::1]:3306", "::1", 3306),
        ] {
            let problem = check(text).unwrap_err();
            let host = host.to_owned();
            assert_eq!(
                problem,
                HostProblem::Port {
                    host: host.clone(),
                    port
                }
            );
            let said = problem.to_string();
            for part in [
                format!("\"{text}\""),
                format!("give {host} as the host"),
                format!("{port} as the port"),
            ] {
                assert!(said.contains(&part), "{part}: {said}");
            }
        }
    }

    #[test]
    fn what_is_no_host_is_shown_unless_it_may_hold_a_password() {
        for text in ["mysql://u:hunter2@db/x", "u@db", "db/x"] {
            let problem = check(text).unwrap_err();
            assert_eq!(problem, HostProblem::Url, "{text}");
            assert!(!problem.to_string().contains(text));
        }
        let long = "a.".repeat(150) + "a";
        for text in [
            "no host",
            "bücher.example",
            "a..b",
            ".",
            "-a.example",
            "a-.example",
            "db.example.com:",
            "db.example.com:x",
            "[::1]",
            "a\nb",
            &"a".repeat(64),
            &long,
        ] {
            let problem = check(text).unwrap_err();
            assert_eq!(problem, HostProblem::Shape(text.to_owned()));
            let start: String = text.chars().take(4).collect();
            let start = start.escape_debug().to_string();
            assert!(problem.to_string().contains(&start), "{problem}");
        }
        assert_eq!(
            check("db.example.com.").unwrap_err().to_string(),
            "\"db.example.com.\" ends with a dot: use the name without it, db.example.com"
        );
        assert_eq!(check(""), Err(HostProblem::Empty));
        assert!(matches!(
            check_signable("::1"),
            Err(HostProblem::Address(_))
        ));
        assert_eq!(check_signable("localhost"), Ok(()));
        assert!(long.len() > NAME_LIMIT && check(&long).unwrap_err().to_string().len() < 200);
    }
}
