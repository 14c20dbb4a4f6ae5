//! The texts of the errors of signing a token.

use crate::clock::date;
use crate::component::{Field, HostProblem, PresignError};

/// Describes why a token cannot be signed, and how to resolve it.
#[must_use]
pub fn describe(error: &PresignError) -> String {
    describe_with(error, |_| None)
}

/// As [`describe`], with the program's own names of the settings `endpoint`, `port`, `region` and `user`, if `name_of` has
/// them.
#[must_use]
pub fn describe_with(
    error: &PresignError,
    name_of: impl Fn(&'static str) -> Option<String>,
) -> String {
    let name = |field| {
        let own = setting(field).and_then(&name_of);
        own.unwrap_or_else(|| name(field).to_owned())
    };
    match error {
        PresignError::Empty(field) => format!("{} is empty", name(*field)),
        PresignError::TooLong(too_long) => format!(
            "{} is {} {} long, but at most {} are allowed",
            name(too_long.field),
            too_long.length,
            match too_long.field {
                Field::DbUser => "characters",
                _ => "bytes",
            },
            too_long.limit
        ),
        PresignError::InvalidCharacter(invalid) => format!(
            "{} contains a character that is not allowed, at byte {}: {}",
            name(invalid.field),
            invalid.offset,
            allowed(invalid.field)
        ),
        PresignError::InvalidHost(problem) => {
            format!("{} {}", name(Field::Host), of_host_problem(*problem))
        }
        PresignError::PortZero => {
            let port = name_of("port").unwrap_or_else(|| "the port".to_owned());
            format!("{port} must not be 0; MySQL's default is 3306")
        }
        PresignError::ExpiryOutOfRange(seconds) => {
            format!("the lifetime of a token must be 1 to 900 seconds, but {seconds} is given")
        }
        PresignError::TimeOutOfRange(_) => {
            "the time is after the year 9999, the last that a token can represent".to_owned()
        }
        PresignError::CredentialsExpired(expired) => format!(
            "the AWS credentials expired at {}: refresh them",
            date(expired.expired_at)
        ),
    }
}

/// The builder's setting that the field comes from.
fn setting(field: Field) -> Option<&'static str> {
    match field {
        Field::Host => Some("endpoint"),
        Field::Region => Some("region"),
        Field::DbUser => Some("user"),
        Field::AccessKeyId | Field::SecretAccessKey | Field::SessionToken => None,
    }
}

fn name(field: Field) -> &'static str {
    match field {
        Field::AccessKeyId => "the AWS access key ID",
        Field::SecretAccessKey => "the AWS secret access key",
        Field::SessionToken => "the AWS session token",
        Field::Host => "the host",
        Field::Region => "the region",
        Field::DbUser => "the user",
    }
}

fn allowed(field: Field) -> &'static str {
    match field {
        Field::AccessKeyId => "use visible ASCII characters except the slash",
        Field::SecretAccessKey | Field::SessionToken => {
            "use visible ASCII characters, without white space around them"
        }
        Field::Host => {
            "give only the endpoint's name, without scheme and port (letters, digits, '-', '_', '.')"
        }
        Field::Region => "use lower-case letters, digits and '-', as in eu-central-1",
        Field::DbUser => "omit control characters",
    }
}

fn of_host_problem(problem: HostProblem) -> &'static str {
    match problem {
        HostProblem::TrailingDot => "ends with a dot: remove the dot",
        HostProblem::EmptyLabel => "has two dots in a row, or begins with a dot",
        HostProblem::LabelTooLong => "has a label of more than 63 bytes",
        HostProblem::HyphenAtEdge => "has a label that begins or ends with a hyphen",
        HostProblem::IpAddress => {
            "is an IP address: use the endpoint's name, because RDS accepts only tokens that are signed for \
             that name"
        }
    }
}
