//! The resource id of a database in IAM policies, and texts that are mistaken for it.

use std::fmt;

/// The resource id of an instance, a cluster or a proxy, as in the ARN of a policy for `rds-db:connect`. It is not the
/// user-defined identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceId {
    kind: ResourceKind,
    text: String,
}

/// The kind of resource that a resource id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// `db-…`: an instance outside Aurora.
    Instance,
    /// `cluster-…`: an Aurora or Multi-AZ cluster, with all its instances.
    Cluster,
    /// `prx-…`: an RDS Proxy.
    Proxy,
}

/// The text is not a resource id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResourceId {
    /// It is an ARN.
    #[error(
        "an ARN is given, but only the resource ID is needed: db-…, cluster-… or prx-… (the ARN of a proxy ends with \
         its resource ID; the ARNs of instances and clusters contain only the name)"
    )]
    Arn,
    /// It has the form of the name of an instance, a cluster or a proxy.
    #[error(
        "it looks like a name; a resource ID is db- or cluster- followed by upper-case letters and digits, or begins \
         with prx-: run rds-bridge setup without --resource-id to see how to find it"
    )]
    Name,
}

impl ResourceId {
    /// Parses a resource id.
    ///
    /// RDS assigns ids with `db-` and `cluster-` followed by upper-case letters and digits. Names are distinct from
    /// them, since RDS converts those to lower case. After `prx-` there are 17 hexadecimal digits, or upper-case
    /// letters and digits.
    ///
    /// # Errors
    ///
    /// [`InvalidResourceId`], if the text is an ARN or a name.
    pub fn parse(text: &str) -> Result<Self, InvalidResourceId> {
        if text.starts_with("arn:") {
            return Err(InvalidResourceId::Arn);
        }
        let (prefix, rest) = text.split_once('-').ok_or(InvalidResourceId::Name)?;
        let kind = match prefix {
            "db" => ResourceKind::Instance,
            "cluster" => ResourceKind::Cluster,
            "prx" => ResourceKind::Proxy,
            _ => return Err(InvalidResourceId::Name),
        };
        let is_upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let upper = rest.bytes().all(is_upper) && rest.contains(|c: char| c.is_ascii_uppercase());
        let is_hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_of_proxy =
            kind == ResourceKind::Proxy && rest.len() == 17 && rest.bytes().all(is_hexadecimal);
        if !(upper || is_of_proxy) {
            return Err(InvalidResourceId::Name);
        }
        let text = text.to_owned();
        Ok(Self { kind, text })
    }

    /// The kind of resource.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        self.kind
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_resource_ids() {
        for (text, kind) in [
            ("db-ABCDEFGHIJKL01234", ResourceKind::Instance),
            ("db-3FYQXM5XHQ2ZBLPTX6DSMAR4ZA", ResourceKind::Instance),
            ("cluster-ABCDEFGHIJKL01234", ResourceKind::Cluster),
            ("prx-ABCDEFGHIJKL01234", ResourceKind::Proxy),
            ("prx-0a1b2c3d4e5f60718", ResourceKind::Proxy),
        ] {
            let id = ResourceId::parse(text).unwrap();
            assert_eq!((id.kind(), id.to_string().as_str()), (kind, text));
        }
    }

    #[test]
    fn a_name_is_not_one() {
        for text in [
            "",
            "mydb",
            "db",
            "db-",
            "db-prod",
            "db-1",
            "db-abcdefghijkl01234",
            "db-0a1b2c3d4e5f60718",
            "cluster-1",
            "cluster-ro-ABC",
            "prx-main",
            "db-ABC/user",
            "db-ABC*",
            "*",
            "DB-ABCDEFGHIJKL01234",
            "mydb.abc123.eu-central-1.rds.amazonaws.com",
        ] {
            assert_eq!(
                ResourceId::parse(text),
                Err(InvalidResourceId::Name),
                "{text}"
            );
        }
        let arn = "arn:aws:rds:us-east-1:123456789012:db:mydb";
        assert_eq!(ResourceId::parse(arn), Err(InvalidResourceId::Arn));
    }
}
