//! Where a proxy listens, as people write it: `HOST:PORT`, a port, or the path of a Unix socket.

use std::path::PathBuf;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor) enum Place {
    Tcp {
        /// An IPv6 address is without brackets.
        host: String,
        port: u16,
    },
    Unix(PathBuf),
}

const EXPECTED: &str = "expected HOST:PORT, such as 127.0.0.1:3307, or the path of a Unix socket that begins with / or \
                        ., such as ./mysql.sock";

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with(['/', '.']) {
            return match cfg!(unix) {
                true => Ok(Self::Unix(text.into())),
                false => {
                    Err("rds-bridge does not support Unix sockets on this system: give HOST:PORT")
                }
            };
        }
        // As with `proxy --listen`, a port alone is on this machine.
        let (host, port) = text.rsplit_once(':').unwrap_or(("127.0.0.1", text));
        let port = port.parse().map_err(|_| EXPECTED)?;
        let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let host = bare.unwrap_or(host);
        let is_name = !host.is_empty() && !host.contains(['/', '@', '[', ' ']);
        let has_brackets = bare.is_some() == host.contains(':');
        if port == 0 || !is_name || !has_brackets {
            return Err(EXPECTED);
        }
        let host = host.to_owned();
        Ok(Self::Tcp { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_every_form() {
        for (text, host, port) in [
            ("127.0.0.1:3307", "127.0.0.1", 3307),
            ("3307", "127.0.0.1", 3307),
            ("localhost:1", "localhost", 1),
            ("[::1]:5", "::1", 5),
            ("gate.example.com:3306", "gate.example.com", 3306),
        ] {
            let host = host.to_owned();
            assert_eq!(text.parse(), Ok(Place::Tcp { host, port }), "{text}");
        }
        for text in ["/run/mysql.sock", "./mysql.sock"] {
            assert_eq!(text.parse(), Ok(Place::Unix(text.into())), "{text}");
        }
        for text in [
            "",
            "x",
            ":1",
            "a:0",
            "a:70000",
            "::1",
            "::1:3306",
            "mysql://a:1",
        ] {
            assert_eq!(text.parse::<Place>(), Err(EXPECTED), "{text}");
        }
    }
}
