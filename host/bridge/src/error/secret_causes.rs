//! The likely causes of an error of fetching or using a secret of Secrets Manager.

use super::causes::{Cause, cause};
use crate::aws::plain_http;
use crate::aws::{OF_CREDENTIALS, SecretError, SecretProblem};

/// The likely causes of a [`SecretError`].
pub(super) fn of_secret(error: &SecretError) -> Vec<Cause> {
    let SecretError {
        secret,
        region,
        problem,
    } = error;
    match problem {
        SecretProblem::NotFound { .. } => not_found(region),
        SecretProblem::AccessDenied { message } => access_denied(secret, message),
        SecretProblem::NoRequest => vec![endpoint_is_none()],
        SecretProblem::NotDecrypted { .. } => vec![cause(
            "the secret's KMS key is disabled or deleted, or the caller may not use it",
            "allow kms:Decrypt on it, and check its state: aws kms describe-key",
        )],
        SecretProblem::Deleted { .. } => vec![cause(
            "the secret was deleted, and can be restored until its recovery window ends",
            "restore it with aws secretsmanager restore-secret, or use another secret",
        )],
        SecretProblem::Refused { code, .. } => refused(code),
        SecretProblem::NoAnswer(error) if plain_http::beneath(&**error).is_some() => vec![cause(
            "the AWS endpoint that the environment or the profile names does not use TLS",
            "change it to https://, or unset it",
        )],
        SecretProblem::NoAnswer(_) => vec![no_way_to_secrets_manager(region)],
        SecretProblem::Unreadable { .. } => {
            vec![endpoint_is_none(), no_way_to_secrets_manager(region)]
        }
        SecretProblem::Binary | SecretProblem::NotJson | SecretProblem::NoPassword => vec![cause(
            "this is not the secret of a database",
            "use the JSON that RDS writes: {\"username\": …, \"password\": …}, optionally with host, port and dbname",
        )],
        SecretProblem::InvalidPort => vec![cause(
            "the secret was written by hand, and its port is not a number from 1 to 65535",
            "correct the port in the secret, or remove it: 3306 is then used",
        )],
        SecretProblem::OtherEngine { .. } => vec![cause(
            "this is the secret of another kind of database",
            "give the secret of the MySQL or MariaDB database",
        )],
    }
}

fn not_found(region: &str) -> Vec<Cause> {
    vec![
        cause(
            "the secret was deleted and created again, with another ARN",
            format!("find it with aws secretsmanager list-secrets --region {region}"),
        ),
        cause(
            "the secret has no value yet",
            "set one with aws secretsmanager put-secret-value",
        ),
    ]
}

/// The likely causes of an AWS error code.
fn refused(code: &str) -> Vec<Cause> {
    let cause = match code {
        "ThrottlingException" => cause(
            "too many calls in this account and region",
            "try again later",
        ),
        code if OF_CREDENTIALS.contains(&code) => cause(
            "the AWS credentials are wrong, have expired or were revoked, or this machine's clock is wrong",
            "check them with aws sts get-caller-identity or rds-bridge doctor",
        ),
        code if OF_AWS.contains(&code) => cause(
            "AWS has a temporary fault",
            "try again later; https://health.aws.amazon.com reports larger faults",
        ),
        _ => return Vec::new(),
    };
    vec![cause]
}

/// Error codes of a failure in AWS.
const OF_AWS: [&str; 3] = [
    "InternalFailure",
    "InternalServiceError",
    "ServiceUnavailable",
];

fn endpoint_is_none() -> Cause {
    cause(
        "the configured AWS endpoint is not Secrets Manager's, or a proxy answers in its place",
        "check AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL and endpoint_url in the AWS config file: \
         http:// or https:// and a host",
    )
}

fn access_denied(secret: &str, message: &str) -> Vec<Cause> {
    let policy = cause(
        "the caller's IAM policy does not allow secretsmanager:GetSecretValue on the secret",
        format!("allow it on {secret}"),
    );
    let key = cause(
        "the secret is encrypted with a customer managed KMS key, which the caller may not use",
        "allow kms:Decrypt on that key, in the caller's policy and in the key policy",
    );
    let other = cause(
        "the secret belongs to another account, or the policy of a VPC endpoint denies access",
        "allow it in the secret's resource policy, and in the endpoint's policy",
    );
    // Only AWS's message tells which of the two it is.
    if message.to_ascii_lowercase().contains("kms") {
        vec![key, policy, other]
    } else {
        vec![policy, key, other]
    }
}

/// The likely cause if Secrets Manager does not respond.
pub(crate) fn no_way_to_secrets_manager(region: &str) -> Cause {
    cause(
        "Secrets Manager is unreachable from this machine, for example because its subnet has no route to it",
        format!(
            "add a VPC endpoint for com.amazonaws.{region}.secretsmanager, or a NAT gateway; on port 443, the \
             endpoint's security group must allow this machine, and this machine's must allow outbound traffic"
        ),
    )
}
