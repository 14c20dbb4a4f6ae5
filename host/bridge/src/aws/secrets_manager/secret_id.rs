//! The ARN of a secret, which contains the region.

use std::fmt;

use crate::aws::region::is_region;

/// The ARN of a secret. A name is not accepted: a password that is passed by mistake could look like one, and would be
/// sent to AWS, where it would be logged, and shown in errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretId {
    text: String,
    region: String,
}

const NONE: &str = "not the ARN of a secret, which has the form \
                    arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX; the value is not shown, because it may \
                    be a password. aws secretsmanager describe-secret --secret-id NAME --query ARN prints the ARN";
/// AWS appends a hyphen and this many letters and digits to the name.
const SUFFIX_LENGTH: usize = 6;
const ACCOUNT_LENGTH: usize = 12;

impl SecretId {
    /// Parses an ARN. Any other text, which may be a secret itself, is neither sent nor shown.
    ///
    /// # Errors
    ///
    /// A description of the problem, without the text.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, service, region, account, kind, name] = parts.as_slice() else {
            return Err(NONE);
        };
        if (*service, *kind) != ("secretsmanager", "secret") {
            return Err("it is an ARN, but not that of a secret in Secrets Manager");
        }
        let is_partition = |text: &str| {
            text.starts_with("aws")
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        let is_account =
            account.len() == ACCOUNT_LENGTH && account.bytes().all(|byte| byte.is_ascii_digit());
        if !(is_partition(partition) && is_region(region) && is_account && is_name(name)) {
            return Err(NONE);
        }
        Ok(Self {
            text: text.to_owned(),
            region: (*region).to_owned(),
        })
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }
}

/// Whether the text is the name of a secret, with the suffix that AWS appends.
fn is_name(text: &str) -> bool {
    // CreateSecret allows all of these except the exclamation mark, which is in the names that RDS assigns.
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-!".contains(&byte);
    let Some((name, suffix)) = text.rsplit_once('-') else {
        return false;
    };
    !name.is_empty()
        && name.bytes().all(is_allowed)
        && suffix.len() == SUFFIX_LENGTH
        && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
    fn arns() {
        for (text, region) in [
            (
                "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf",
                "eu-central-1",
            ),
            (
                "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rds!cluster-1b2c-AbCdEf",
                "us-gov-west-1",
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
            "hunter2",
            "prod/hunter2-AbCdEf",
            "hunter 2",
            r#"{"username":"u","password":"hunter2"}"#,
            "mysql://u:hunter2@db.example.com",
            "arn:aws:rds:eu-central-1:123456789012:db:hunter2",
            "arn:aws:ssm:eu-central-1:123456789012:parameter:hunter2",
            "arn:aws:secretsmanager:eu-central-1:123456789012:hunter2",
            "arn:aws:secretsmanager::123456789012:secret:hunter2",
            "arn:aws:secretsmanager:evil.example.com/:123456789012:secret:hunter2",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hunter2",
            "arn:aws:secretsmanager:eu-central-1:hunter2:secret:prod/db-AbCdEf",
        ] {
            let problem = SecretId::parse(text).unwrap_err();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
