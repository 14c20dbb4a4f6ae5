//! Which host names belong to the instances of a cluster.

use crate::aws::EndpointKind;
use crate::net::host_name;

/// The host names of a cluster's instances: `?`, which stands for the identifier of an instance, and what surrounds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstancePattern {
    before: String,
    after: String,
}

/// The longest identifier of an instance (RDS API Reference, `CreateDBInstance`).
const IDENTIFIER_LIMIT: usize = 63;

impl InstancePattern {
    /// The pattern that follows from the name of an RDS endpoint. The names of all instances of an account in a region
    /// differ in their first label alone, and the second label of a cluster's name is theirs with a prefix.
    ///
    /// Aurora User Guide, "Amazon Aurora endpoint connections": `name.cluster-ID.REGION.rds.amazonaws.com` and
    /// `instance.ID.REGION.rds.amazonaws.com`.
    pub(crate) fn of_endpoint(host: &str) -> Option<Self> {
        let kind = EndpointKind::of_endpoint(host);
        let is_of_cluster = match kind {
            EndpointKind::Cluster { .. } => true,
            EndpointKind::Instance { .. } => false,
            EndpointKind::Proxy { .. }
            | EndpointKind::GlobalWriter { .. }
            | EndpointKind::Unknown => return None,
        };
        let (_, rest) = host.split_once('.')?;
        let id = match is_of_cluster {
            true => ["cluster-ro-", "cluster-custom-", "cluster-"]
                .iter()
                .find_map(|prefix| rest.strip_prefix(prefix))?,
            false => rest,
        };
        Some(Self {
            before: String::new(),
            after: format!(".{id}"),
        })
    }

    /// Reads a pattern such as `?.db.example.com`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.to_ascii_lowercase();
        let Some((before, after)) = text.split_once('?') else {
            return Err("it has no ? in place of an instance's identifier");
        };
        let domain = after.split_once('.').map(|(_, domain)| domain);
        if before.contains('.') || domain.is_none_or(|domain| !domain.contains('.')) {
            return Err(
                "the ? must be in the first label, before a domain, as in ?.db.example.com",
            );
        }
        if host_name::check_signable(&format!("{before}a{after}")).is_err() {
            return Err("it is not a host name with one ? in its first label");
        }
        Ok(Self {
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    /// The host name of the member with this name, if the pattern covers it.
    pub(crate) fn host_of(&self, name: &str) -> Option<String> {
        let name = name.to_ascii_lowercase();
        let host = match name.contains('.') {
            true => name,
            false => format!("{}{name}{}", self.before, self.after),
        };
        self.covers(&host).then_some(host)
    }

    /// Whether a host name is one of an instance.
    pub(crate) fn covers(&self, host: &str) -> bool {
        let identifier = host
            .strip_prefix(self.before.as_str())
            .and_then(|rest| rest.strip_suffix(self.after.as_str()));
        identifier.is_some_and(is_identifier) && host_name::check_signable(host).is_ok()
    }
}

fn is_identifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=IDENTIFIER_LIMIT).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_endpoint_shows_those_of_its_instances() {
        for (endpoint, instance) in [
            (
                "c.cluster-abc123.us-east-1.rds.amazonaws.com",
                "i.abc123.us-east-1.rds.amazonaws.com",
            ),
            (
                "c.cluster-ro-abc123.us-east-1.rds.amazonaws.com",
                "i.abc123.us-east-1.rds.amazonaws.com",
            ),
            (
                "r.cluster-custom-abc123.us-east-1.rds.amazonaws.com",
                "i.abc123.us-east-1.rds.amazonaws.com",
            ),
            (
                "c.cluster-abc123.rds.cn-north-1.amazonaws.com.cn",
                "i.abc123.rds.cn-north-1.amazonaws.com.cn",
            ),
            (
                "db.abc123.eu-west-1.rds.amazonaws.com",
                "i.abc123.eu-west-1.rds.amazonaws.com",
            ),
        ] {
            let pattern = InstancePattern::of_endpoint(endpoint).unwrap();
            for name in ["i", "I", instance] {
                assert_eq!(pattern.host_of(name).as_deref(), Some(instance), "{name}");
            }
        }
        for endpoint in [
            "p.proxy-abc.us-east-1.rds.amazonaws.com",
            "g.global-abc.global.rds.amazonaws.com",
            "db.example.com",
            "localhost",
            "10.0.0.1",
        ] {
            assert_eq!(InstancePattern::of_endpoint(endpoint), None, "{endpoint}");
        }
    }

    #[test]
    fn no_other_name_is_covered() {
        let endpoint = "c.cluster-abc123.us-east-1.rds.amazonaws.com";
        let pattern = InstancePattern::of_endpoint(endpoint).unwrap();
        let long = "i".repeat(64);
        for name in [
            "",
            ".",
            "-",
            "i.",
            "i.abc123.us-east-1.rds.amazonaws.com.",
            "i.abc123.us-east-1.rds.amazonaws.com.example.com",
            "i.other.us-east-1.rds.amazonaws.com",
            "i.abc123.us-east-2.rds.amazonaws.com",
            "x.i.abc123.us-east-1.rds.amazonaws.com",
            ".abc123.us-east-1.rds.amazonaws.com",
            "c.cluster-abc123.us-east-1.rds.amazonaws.com",
            "evil.example.com",
            "evil.example.com/.abc123.us-east-1.rds.amazonaws.com",
            "evil@i",
            "i:3306",
            "i\0",
            "127.0.0.1",
            "::1",
            "bücher",
            &long,
        ] {
            assert_eq!(pattern.host_of(name), None, "{name}");
        }
    }

    #[test]
    fn patterns_that_are_given() {
        let pattern = InstancePattern::parse("Db-?.Example.com").unwrap();
        assert_eq!(pattern.host_of("1").as_deref(), Some("db-1.example.com"));
        assert!(pattern.covers("db-two.example.com"));
        for other in ["db-.example.com", "two.example.com", "db-1.example.org"] {
            assert!(!pattern.covers(other), "{other}");
        }
        for wrong in [
            "",
            "?",
            "db.example.com",
            "?.com",
            "db.?.example.com",
            "?.example.?",
            "??.example.com",
            "?.example.com:3306",
            "mysql://?.example.com",
        ] {
            assert!(InstancePattern::parse(wrong).is_err(), "{wrong}");
        }
        let of_addresses = InstancePattern::parse("?.0.0.1").unwrap();
        assert_eq!(of_addresses.host_of("127"), None);
    }
}
