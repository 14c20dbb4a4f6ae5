//! The IAM policy that lets a role log in as one user of one database.

use serde_json::Value;

use super::settings::Settings;
use crate::error::Error;
use rds_bridge::aws::Partition;

/// The policy as indented JSON, with a final newline.
pub(super) fn connect_policy(
    settings: &Settings,
    account: &str,
    resource_id: &str,
) -> Result<String, Error> {
    let region = settings.region()?;
    let partition = Partition::of_region(region).name();
    let user = literal(&settings.user);
    let arn = format!("arn:{partition}:rds-db:{region}:{account}:dbuser:{resource_id}/{user}");
    // Not serialised as a whole, which would sort the keys: policies usually begin with the version.
    let arn = Value::String(arn);
    Ok(format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Effect": "Allow",
      "Action": "rds-db:connect",
      "Resource": {arn}
    }}
  ]
}}
"#
    ))
}

/// Escapes a user name for a policy, where `*` and `?` are wildcards and `$` begins a variable.
fn literal(user: &str) -> String {
    let mut literal = String::with_capacity(user.len());
    for character in user.chars() {
        match character {
            '*' | '?' | '$' => literal.extend(['$', '{', character, '}']),
            _ => literal.push(character),
        }
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_matches_no_other() {
        assert_eq!(literal("lambda-user"), "lambda-user");
        assert_eq!(literal("a*?${aws:username}"), "a${*}${?}${$}{aws:username}");
    }
}
