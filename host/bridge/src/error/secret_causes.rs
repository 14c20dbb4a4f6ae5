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
            "the KMS key that it is encrypted with is disabled, deleted, or not the caller's to use",
            "allow kms:Decrypt on it, and see its state: aws kms describe-key",
        )],
        SecretProblem::Deleted { .. } => vec![cause(
            "it was deleted; it can be restored until its recovery window ends",
            "restore it with aws secretsmanager restore-secret, or give another secret",
        )],
        SecretProblem::Refused { code, .. } => refused(code),
        SecretProblem::NoAnswer(error) if plain_http::beneath(&**error).is_some() => vec![cause(
            "the endpoint that the environment or the profile names is one without TLS",
            "give it with https://, or unset it",
        )],
        SecretProblem::NoAnswer(_) => vec![no_way_to_secrets_manager(region)],
        SecretProblem::Unreadable { .. } => {
            vec![endpoint_is_none(), no_way_to_secrets_manager(region)]
        }
        SecretProblem::Binary | SecretProblem::NotJson | SecretProblem::NoPassword => vec![cause(
            "it is not the secret of a database",
            "use the JSON that RDS writes: {\"username\": …, \"password\": …}, optionally with host, port and dbname",
        )],
        SecretProblem::InvalidPort => vec![cause(
            "it was written by hand",
            "correct it, or omit it: the port is 3306 then",
        )],
        SecretProblem::OtherEngine { .. } => vec![cause(
            "it is the secret of another database",
            "give that of the MySQL or MariaDB",
        )],
    }
}

fn not_found(region: &str) -> Vec<Cause> {
    vec![
        cause(
            "it was deleted and created again, with another ARN",
            format!("aws secretsmanager list-secrets --region {region} lists the secrets"),
        ),
        cause(
            "it has no value yet",
            "aws secretsmanager put-secret-value gives it one",
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
            "the AWS credentials are wrong, have expired or were revoked, or this machine's clock is off",
            "aws sts get-caller-identity shows whose they are; rds-bridge doctor does too",
        ),
        code if OF_AWS.contains(&code) => cause(
            "AWS has a temporary fault",
            "try again later; https://health.aws.amazon.com reports larger ones",
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
        "the configured endpoint is not Secrets Manager, or a proxy answers in its place",
        "see AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_ENDPOINT_URL and endpoint_url in the AWS config file: \
         http:// or https:// and a host",
    )
}

fn access_denied(secret: &str, message: &str) -> Vec<Cause> {
    let policy = cause(
        "the caller's IAM policy does not allow secretsmanager:GetSecretValue on it",
        format!("allow it on {secret}"),
    );
    let key = cause(
        "it is encrypted with a KMS key of your own, which the caller may not use",
        "allow kms:Decrypt on that key, in the caller's policy and in the key's",
    );
    let other = cause(
        "it is another account's, or a VPC endpoint stands before Secrets Manager",
        "allow it in the secret's resource policy, and in the endpoint's policy",
    );
    // Only AWS's message tells which of the two it is.
    match message.to_ascii_lowercase().contains("kms") {
        true => vec![key, policy, other],
        false => vec![policy, key, other],
    }
}

/// The likely cause if Secrets Manager does not respond.
pub(crate) fn no_way_to_secrets_manager(region: &str) -> Cause {
    cause(
        "there is no way to Secrets Manager from here, as in a subnet without one",
        format!(
            "a VPC endpoint for com.amazonaws.{region}.secretsmanager, or a NAT gateway; on port 443 its security \
             group has to let this machine in, and that of this machine has to let it out"
        ),
    )
}
