//! What a secret is named by: its name, or its ARN, which tells the region too.

use std::fmt;

use crate::aws::region::is_region;

/// A name or an ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretId {
    text: String,
    region: Option<String>,
}

impl SecretId {
    /// Checks it, so that what is no name, a secret itself perhaps, is neither sent nor shown.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without the text.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        // CreateSecret allows all of these but the exclamation mark, which is in the names that RDS gives.
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-!".contains(&byte);
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_allowed);
        let region = if text.starts_with("arn:") {
            let parts: Vec<&str> = text.split(':').collect();
            let [_, partition, service, region, account, kind, name] = parts.as_slice() else {
                return Err("it is not the ARN of a secret: arn:aws:secretsmanager:…:secret:…");
            };
            if (*service, *kind) != ("secretsmanager", "secret") {
                return Err("it is the ARN of something else than a secret of Secrets Manager");
            }
            if !(is_region(region) && [partition, account, name].into_iter().all(|it| is_name(it)))
            {
                return Err("it is not the ARN of a secret: arn:aws:secretsmanager:…:secret:…");
            }
            Some((*region).to_owned())
        } else if is_name(text) {
            None
        } else {
            return Err("it is neither the name nor the ARN of a secret, but its value perhaps");
        };
        let text = text.to_owned();
        Ok(Self { text, region })
    }

    /// That of the ARN.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arns() {
        for (text, region) in [
            ("prod/db", None),
            ("rds!db-1b2c3d4e-0000-1111-2222-333344445555", None),
            (
                "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
                Some("eu-central-1"),
            ),
            (
                "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rds!cluster-1b2c-AbCdEf",
                Some("us-gov-west-1"),
            ),
        ] {
            let id = SecretId::parse(text).unwrap();
            assert_eq!((id.region(), id.to_string().as_str()), (region, text));
        }
    }

    #[test]
    fn what_is_none_is_not_shown() {
        for text in [
            "",
            "hunter 2",
            r#"{"username":"u","password":"hunter2"}"#,
            "mysql://u:hunter2@db.example.com",
            "arn:aws:rds:eu-central-1:123456789012:db:hunter2",
            "arn:aws:ssm:eu-central-1:123456789012:parameter:hunter2",
            "arn:aws:secretsmanager:eu-central-1:123456789012:hunter2",
            "arn:aws:secretsmanager::123456789012:secret:hunter2",
            "arn:aws:secretsmanager:evil.example.com/:123456789012:secret:hunter2",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:",
        ] {
            let problem = SecretId::parse(text).unwrap_err();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
