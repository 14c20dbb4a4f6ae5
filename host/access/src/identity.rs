//! Identities that Lambda or API Gateway has verified.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// An identity that Lambda or API Gateway has verified, as the function's log names it: `iam:ARN`, `jwt:SUBJECT` or
/// `lambda:PRINCIPAL`. `jwt:SUBJECT` does not contain the issuer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity(String);

/// A text is not an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("write iam:ARN, jwt:SUBJECT or lambda:PRINCIPAL, as the log of the function does")]
pub(crate) struct InvalidIdentity;

impl Identity {
    /// Whether it is this one.
    pub(crate) fn is(&self, verified: &str) -> bool {
        self.0 == verified
    }

    /// Whether it is a role, and the verified identity a session of that role.
    ///
    /// The ARN of a session has the role's name, but not its path: an account has one role with a name, whatever the
    /// path is.
    ///
    /// Source: AWS Identity and Access Management User Guide, "IAM identifiers", "IAM ARNs".
    pub(crate) fn is_role_of(&self, verified: &str) -> bool {
        let session = || {
            let (partition, rest) = verified.strip_prefix("iam:arn:")?.split_once(":sts::")?;
            let (account, session) = rest.split_once(":assumed-role/")?;
            Some((partition, account, session.split_once('/')?.0))
        };
        let role = self.role();
        role.is_some() && role == session()
    }

    /// Whether both are the same identity, or the same role with different paths.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let role = self.role();
        self == other || role.is_some() && role == other.role()
    }

    /// The partition, the account and the name of a role.
    fn role(&self) -> Option<(&str, &str, &str)> {
        let (partition, rest) = self.0.strip_prefix("iam:arn:")?.split_once(":iam::")?;
        let (account, path) = rest.split_once(":role/")?;
        Some((partition, account, path.rsplit('/').next()?))
    }
}

impl FromStr for Identity {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        let is_one = match text.split_once(':') {
            Some(("iam", arn)) => arn.starts_with("arn:"),
            Some(("jwt", subject)) => !subject.is_empty(),
            // A function that authenticates may name no principal.
            Some(("lambda", _)) => true,
            _ => false,
        };
        if is_one {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIdentity)
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_that_of_its_sessions() {
        let role: Identity = "iam:arn:aws:iam::111122223333:role/web/edge"
            .parse()
            .unwrap();
        for (verified, is_it) in [
            ("iam:arn:aws:sts::111122223333:assumed-role/edge/one", true),
            ("iam:arn:aws:sts::111122223333:assumed-role/edge/two", true),
            ("iam:arn:aws:sts::111122223333:assumed-role/edge2/a", false),
            ("iam:arn:aws:sts::111122223333:assumed-role/edge", false),
            ("iam:arn:aws:sts::111122223333:assumed-role/web/edge", false),
            ("iam:arn:aws:sts::444455556666:assumed-role/edge/a", false),
            (
                "iam:arn:aws-cn:sts::111122223333:assumed-role/edge/a",
                false,
            ),
            ("jwt:edge", false),
            ("", false),
        ] {
            assert_eq!(role.is_role_of(verified), is_it, "{verified}");
        }
        let moved: Identity = "iam:arn:aws:iam::111122223333:role/edge".parse().unwrap();
        assert!(role.is_same(&moved) && role.is_same(&role));
        let user: Identity = "iam:arn:aws:iam::111122223333:user/edge".parse().unwrap();
        assert!(!user.is_same(&moved));
        assert!(!user.is_role_of("iam:arn:aws:sts::111122223333:assumed-role/edge/a"));
        let subject: Identity = "jwt:edge".parse().unwrap();
        assert!(!subject.is_role_of("jwt:edge"));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "iam:",
            "iam:user/one",
            "jwt:",
            "one",
            "arn:aws:iam::1:user/one",
        ] {
            assert_eq!(text.parse::<Identity>(), Err(InvalidIdentity), "{text}");
        }
        assert!("lambda:".parse::<Identity>().is_ok());
    }
}
