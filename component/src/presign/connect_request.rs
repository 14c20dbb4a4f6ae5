//! The permission that a token grants: one user connects to one endpoint.

use super::error::{Error, Field, HostProblem};

/// In bytes: the 255 of RFC 1035, section 2.3.4, without the first label's length byte and the root's.
const HOST_LIMIT: usize = 253;
/// In bytes (RFC 1035, section 2.3.4).
const LABEL_LIMIT: usize = 63;
/// In bytes. A region is one label of the endpoint's DNS name.
const REGION_LIMIT: usize = 63;
/// In characters. This is the limit of MariaDB, the longest of all engines with IAM authentication; that of MySQL is
/// 32, that of PostgreSQL 63.
const DB_USER_LIMIT: usize = 128;

/// The permission that a token grants, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectRequest {
    host: String,
    port: u16,
    region: String,
    db_user: String,
}

impl ConnectRequest {
    /// Validates a request, and converts the host to lower case. DNS names are not case-sensitive but a signature is,
    /// and RDS verifies a token against the endpoint's lower-case name.
    ///
    /// - `host` is the endpoint's own DNS name, 1 to 253 characters: neither an alias nor an IP address.
    /// - `port` is its TCP port, not 0.
    /// - `region` is its AWS region, 1 to 63 lower-case letters, digits and `-`.
    /// - `db_user` is the database user, 1 to 128 characters without control characters. It is case-sensitive.
    ///
    /// # Errors
    ///
    /// The first one in the order host, port, region, user:
    ///
    /// - [`Error::Empty`], [`Error::TooLong`] or [`Error::InvalidCharacter`] with the field.
    /// - [`Error::InvalidHost`], if the host is not a DNS name.
    /// - [`Error::PortZero`].
    pub fn new(host: &str, port: u16, region: String, db_user: String) -> Result<Self, Error> {
        check_host(host)?;
        if port == 0 {
            return Err(Error::PortZero);
        }
        check_region(&region)?;
        check_db_user(&db_user)?;
        Ok(Self {
            host: host.to_ascii_lowercase(),
            port,
            region,
            db_user,
        })
    }

    /// The endpoint's DNS name, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The endpoint's TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The endpoint's AWS region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The database user.
    #[must_use]
    pub fn db_user(&self) -> &str {
        &self.db_user
    }
}

/// Checks that a host is a DNS name for which a token can be signed.
pub(super) fn check_host(host: &str) -> Result<(), Error> {
    let field = Field::Host;
    if host.is_empty() {
        return Err(Error::Empty(field));
    }
    if is_ip_address(host) {
        return Err(Error::InvalidHost(HostProblem::IpAddress));
    }
    if host.len() > HOST_LIMIT {
        let length = host.len();
        let limit = HOST_LIMIT;
        return Err(Error::TooLong {
            field,
            length,
            limit,
        });
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(offset) = host.find(|c| !allowed(c)) {
        return Err(Error::InvalidCharacter { field, offset });
    }
    if host.ends_with('.') {
        return Err(Error::InvalidHost(HostProblem::TrailingDot));
    }
    for label in host.split('.') {
        if label.is_empty() {
            return Err(Error::InvalidHost(HostProblem::EmptyLabel));
        }
        if label.len() > LABEL_LIMIT {
            return Err(Error::InvalidHost(HostProblem::LabelTooLong));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(Error::InvalidHost(HostProblem::HyphenAtEdge));
        }
    }
    Ok(())
}

/// Whether a host is an IP address. No DNS name is mistaken for one: no top-level domain consists of digits only (RFC
/// 3696, section 2), and no name contains a colon. A host with one colon has a port, and fails another check.
fn is_ip_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_v4 = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let is_v6 = host.starts_with('[') || host.bytes().filter(|&byte| byte == b':').count() > 1;
    is_v4 || is_v6
}

pub(super) fn check_region(region: &str) -> Result<(), Error> {
    let field = Field::Region;
    if region.is_empty() {
        return Err(Error::Empty(field));
    }
    if region.len() > REGION_LIMIT {
        let length = region.len();
        let limit = REGION_LIMIT;
        return Err(Error::TooLong {
            field,
            length,
            limit,
        });
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match region.find(|c| !allowed(c)) {
        Some(offset) => Err(Error::InvalidCharacter { field, offset }),
        None => Ok(()),
    }
}

fn check_db_user(db_user: &str) -> Result<(), Error> {
    let field = Field::DbUser;
    if db_user.is_empty() {
        return Err(Error::Empty(field));
    }
    let length = db_user.chars().count();
    if length > DB_USER_LIMIT {
        let limit = DB_USER_LIMIT;
        return Err(Error::TooLong {
            field,
            length,
            limit,
        });
    }
    match db_user.find(char::is_control) {
        Some(offset) => Err(Error::InvalidCharacter { field, offset }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(host: &str) -> Result<String, Error> {
        ConnectRequest::new(host, 3306, "us-east-1".into(), "u".into()).map(|request| request.host)
    }

    #[test]
    fn lowers_the_host_once() {
        assert_eq!(
            host("MyDB.ABC123.us-east-1.RDS.amazonaws.com").unwrap(),
            "mydb.abc123.us-east-1.rds.amazonaws.com"
        );
    }

    #[test]
    fn accepts_every_dns_name() {
        let longest = [&*"a".repeat(63); 4].join(".");
        for name in ["localhost", "my_db", "0.pool.example", &longest[..253]] {
            assert_eq!(host(name).unwrap(), name);
        }
    }

    #[test]
    fn names_what_is_wrong_with_a_host() {
        use HostProblem::*;
        for (name, problem) in [
            ("db.example.com.", TrailingDot),
            ("db..example.com", EmptyLabel),
            (".example.com", EmptyLabel),
            ("db-.example.com", HyphenAtEdge),
            ("-db.example.com", HyphenAtEdge),
            ("10.0.0.1", IpAddress),
            ("::1", IpAddress),
            ("[::1]", IpAddress),
            ("fe80::1%eth0", IpAddress),
            ("10.1", IpAddress),
        ] {
            assert_eq!(host(name), Err(Error::InvalidHost(problem)), "{name}");
        }
        assert_eq!(
            host(&format!("{}.com", "a".repeat(64))),
            Err(Error::InvalidHost(LabelTooLong))
        );
        assert_eq!(host(""), Err(Error::Empty(Field::Host)));
        let field = Field::Host;
        for (name, offset) in [
            ("db example", 2),
            ("db:3306", 2),
            ("bücher.example", 1),
            ("https://db.example", 5),
            ("db\n", 2),
        ] {
            assert_eq!(
                host(name),
                Err(Error::InvalidCharacter { field, offset }),
                "{name}"
            );
        }
        assert_eq!(
            host(&"a".repeat(254)),
            Err(Error::TooLong {
                field,
                length: 254,
                limit: 253
            })
        );
    }

    #[test]
    fn names_what_is_wrong_with_the_rest() {
        let error = |port, region: &str, user: &str| {
            ConnectRequest::new("db.example.com", port, region.into(), user.into()).unwrap_err()
        };
        assert_eq!(error(0, "us-east-1", "u"), Error::PortZero);
        assert_eq!(error(1, "", "u"), Error::Empty(Field::Region));
        assert_eq!(
            error(1, "US-EAST-1", "u"),
            Error::InvalidCharacter {
                field: Field::Region,
                offset: 0
            }
        );
        assert_eq!(error(1, "us-east-1", ""), Error::Empty(Field::DbUser));
        assert_eq!(
            error(1, "us-east-1", &"é".repeat(129)),
            Error::TooLong {
                field: Field::DbUser,
                length: 129,
                limit: 128
            }
        );
        assert_eq!(
            error(1, "us-east-1", "u\0"),
            Error::InvalidCharacter {
                field: Field::DbUser,
                offset: 1
            }
        );
        assert!(ConnectRequest::new("h", 1, "us-east-1".into(), "é".repeat(128)).is_ok());
    }
}
