//! The address that a guest of Spin opens, and the database that it stands for.

use url::Url;

/// MySQL's.
const DEFAULT_PORT: u16 = 3306;

/// Where an address leads, without who logs in: host, port and schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) host: String,
    port: u16,
    schema: String,
}

/// An address, as a guest gives it.
pub(crate) struct Address {
    pub(crate) target: Target,
    pub(crate) has_password: bool,
}

impl Target {
    /// Reads `HOST[:PORT][/SCHEMA]`, or such an address as a URL.
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text.contains("://") {
            true => Address::read(text),
            false => Address::read(&format!("mysql://{text}")),
        }
        .map(|it| it.target)
    }
}

impl Address {
    /// Reads a URL.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str().filter(|it| !it.is_empty())?;
        Some(Self {
            target: Target {
                host: host.to_ascii_lowercase(),
                port: url.port().unwrap_or(DEFAULT_PORT),
                schema: url.path().trim_start_matches('/').to_owned(),
            },
            has_password: url.password().is_some_and(|it| !it.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read() {
        let address = Address::read("mysql://root:@127.0.0.1/spin_dev").unwrap();
        assert!(!address.has_password);
        assert_eq!(
            Some(&address.target),
            Target::read("127.0.0.1:3306/spin_dev").as_ref()
        );
        assert_eq!(
            address.target,
            Target::read("mysql://127.0.0.1/spin_dev?x=y").unwrap()
        );
        assert_ne!(
            address.target,
            Target::read("127.0.0.1:3307/spin_dev").unwrap()
        );
        assert_ne!(address.target, Target::read("127.0.0.1").unwrap());

        let address = Address::read("mysql://app:secret@Orders:3306").unwrap();
        assert!(address.has_password);
        assert_eq!(address.target.host, "orders");
        for text in [
            "",
            "orders",
            "mysql://",
            "mysql:///x",
            "://",
            "mysql://a:b:c",
        ] {
            assert!(Address::read(text).is_none(), "{text}");
        }
    }
}
