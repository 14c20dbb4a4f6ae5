//! What the name of an RDS endpoint says about its kind.

use super::region::{is_aws, region_of_endpoint};

/// The kind of an endpoint, with the name of the instance or cluster where the endpoint's name has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// An instance, single or in an Aurora cluster: the name does not tell which.
    Instance {
        /// The instance's identifier.
        identifier: String,
    },
    /// The writer, reader or custom endpoint of a cluster.
    Cluster {
        /// The cluster's identifier; `None` for a custom endpoint, which has its own name.
        identifier: Option<String>,
    },
    /// The writer endpoint of an Aurora global database: an alias of the primary cluster's endpoint, whose region
    /// changes with a switchover or failover. The name contains no region.
    GlobalWriter {
        /// The identifier of the global cluster. The cluster of each region has another one.
        identifier: String,
    },
    /// An RDS Proxy.
    Proxy {
        /// The proxy's name; `None` for an endpoint that was added to a proxy, which has its own name.
        identifier: Option<String>,
    },
    /// Not a name of an RDS endpoint. It may be an alias of one.
    Unknown,
}

impl EndpointKind {
    /// Determines the kind from an endpoint's name, such as `mydb.abc123.eu-central-1.rds.amazonaws.com`.
    ///
    /// The label of the account (here `abc123`) has a prefix: `cluster-`, `cluster-ro-` or `cluster-custom-` for a
    /// cluster, `proxy-` for a proxy, `endpoint.proxy-` for an endpoint that was added to a proxy, and `global-` for a
    /// global database, which has `global` in place of the region.
    #[must_use]
    pub fn of_endpoint(host: &str) -> Self {
        let host = host.to_ascii_lowercase();
        let mut labels = host.split('.');
        let (Some(first), Some(second)) = (labels.next(), labels.next()) else {
            return Self::Unknown;
        };
        if !is_identifier(first) {
            return Self::Unknown;
        }
        let identifier = first.to_owned();
        if is_global(second, labels.clone()) {
            return Self::GlobalWriter { identifier };
        }
        if region_of_endpoint(&host).is_none() {
            return Self::Unknown;
        }
        if second.starts_with("cluster-custom-") {
            Self::Cluster { identifier: None }
        } else if second.starts_with("cluster-") {
            let identifier = Some(identifier);
            Self::Cluster { identifier }
        } else if second.starts_with("proxy-") {
            let identifier = Some(identifier);
            Self::Proxy { identifier }
        } else if second == "endpoint" && labels.any(|label| label.starts_with("proxy-")) {
            Self::Proxy { identifier: None }
        } else {
            Self::Instance { identifier }
        }
    }
}

/// Whether the labels are those of a global database, such as `name.global-abc123.global.rds.amazonaws.com`.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-connecting.html>
fn is_global<'a>(second: &str, mut rest: impl Iterator<Item = &'a str>) -> bool {
    second.starts_with("global-")
        && rest.next() == Some("global")
        && rest.next() == Some("rds")
        && is_aws(&rest.collect::<Vec<_>>())
}

/// Whether a label has only letters, digits and hyphens, which RDS allows, and a shell does not interpret.
fn is_identifier(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    label.starts_with(|first: char| first.is_ascii_alphabetic()) && label.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(host: &str) -> EndpointKind {
        EndpointKind::of_endpoint(host)
    }

    #[test]
    fn tells_instances_clusters_and_proxies_apart() {
        let some = |name: &str| Some(name.to_owned());
        let instance = |name: &str| EndpointKind::Instance {
            identifier: name.to_owned(),
        };
        let cluster = |identifier| EndpointKind::Cluster { identifier };
        let proxy = |identifier| EndpointKind::Proxy { identifier };
        for (host, expected) in [
            (
                "mydb.abc123.eu-central-1.rds.amazonaws.com",
                instance("mydb"),
            ),
            (
                "MyDB.abc123.eu-central-1.rds.amazonaws.com",
                instance("mydb"),
            ),
            (
                "mydb.abc123.rds.cn-north-1.amazonaws.com.cn",
                instance("mydb"),
            ),
            (
                "c.cluster-abc.us-east-1.rds.amazonaws.com",
                cluster(some("c")),
            ),
            (
                "c.cluster-ro-abc.us-east-1.rds.amazonaws.com",
                cluster(some("c")),
            ),
            (
                "reports.cluster-custom-abc.us-east-1.rds.amazonaws.com",
                cluster(None),
            ),
            ("p.proxy-abc.us-east-1.rds.amazonaws.com", proxy(some("p"))),
            (
                "read.endpoint.proxy-abc.us-east-1.rds.amazonaws.com",
                proxy(None),
            ),
            (
                "MyDB.global-abc123.global.rds.amazonaws.com",
                EndpointKind::GlobalWriter {
                    identifier: "mydb".to_owned(),
                },
            ),
            // Identifiers that look like the prefix of another kind.
            (
                "global-1.abc123.us-east-1.rds.amazonaws.com",
                instance("global-1"),
            ),
            (
                "cluster-1.abc123.us-east-1.rds.amazonaws.com",
                instance("cluster-1"),
            ),
            (
                "proxy-x.cluster-abc.us-east-1.rds.amazonaws.com",
                cluster(some("proxy-x")),
            ),
        ] {
            assert_eq!(kind(host), expected, "{host}");
        }
    }

    #[test]
    fn guesses_nothing() {
        for host in [
            "db.example.com",
            "localhost",
            "",
            "mydb.global-abc123.global.rds.example.com",
            "mydb.abc123.global.rds.amazonaws.com",
            "c.cluster-abc.us-east-1.rds.example.com",
            "$(id).abc123.us-east-1.rds.amazonaws.com",
            "-x.abc123.us-east-1.rds.amazonaws.com",
        ] {
            assert_eq!(kind(host), EndpointKind::Unknown, "{host}");
        }
    }
}
