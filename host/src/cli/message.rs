//! The component's errors in words: what is wrong, and what to do about it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::exit::Exit;
use crate::guest::{Field, HostProblem, Malformed, Parameter, PresignError};

pub(super) fn exit_of(error: &PresignError) -> Exit {
    match error {
        PresignError::CredentialsExpired(_) => Exit::Credentials,
        PresignError::Empty(_)
        | PresignError::TooLong(_)
        | PresignError::InvalidCharacter(_)
        | PresignError::InvalidHost(_)
        | PresignError::PortZero
        | PresignError::ExpiryOutOfRange(_)
        | PresignError::TimeOutOfRange(_) => Exit::Usage,
    }
}

pub(crate) fn of_presign_error(error: &PresignError) -> String {
    match error {
        PresignError::Empty(field) => format!("{} is empty", name(*field)),
        PresignError::TooLong(too_long) => format!(
            "{} is {} {} long, and at most {} are allowed",
            name(too_long.field),
            too_long.length,
            match too_long.field {
                Field::DbUser => "characters",
                _ => "bytes",
            },
            too_long.limit
        ),
        PresignError::InvalidCharacter(invalid) => format!(
            "{} may not hold the character at byte {}: {}",
            name(invalid.field),
            invalid.offset,
            allowed(invalid.field)
        ),
        PresignError::InvalidHost(problem) => of_host_problem(*problem).to_owned(),
        PresignError::PortZero => "the port is 0: MySQL's is 3306".to_owned(),
        PresignError::ExpiryOutOfRange(seconds) => {
            format!("{seconds} seconds are not within 1 to 900, the longest that RDS accepts")
        }
        PresignError::TimeOutOfRange(_) => {
            "the time is past the year 9999, the last that a token can hold".to_owned()
        }
        PresignError::CredentialsExpired(expired) => format!(
            "the AWS credentials expired at {}: get fresh ones",
            date(expired.expired_at)
        ),
    }
}

fn name(field: Field) -> &'static str {
    match field {
        Field::AccessKeyId => "AWS_ACCESS_KEY_ID",
        Field::SecretAccessKey => "AWS_SECRET_ACCESS_KEY",
        Field::SessionToken => "AWS_SESSION_TOKEN",
        Field::Host => "the host",
        Field::Region => "the region",
        Field::DbUser => "the user",
    }
}

fn allowed(field: Field) -> &'static str {
    match field {
        Field::AccessKeyId => "it has visible ASCII characters, and no slash",
        Field::SecretAccessKey | Field::SessionToken => {
            "it has visible ASCII characters, and no white space around it"
        }
        Field::Host => {
            "give the endpoint's name alone, without scheme and port (letters, digits, '-', '_', '.')"
        }
        Field::Region => "it has lower-case letters, digits and '-', as eu-central-1",
        Field::DbUser => "it has no control characters",
    }
}

fn of_host_problem(problem: HostProblem) -> &'static str {
    match problem {
        HostProblem::TrailingDot => "the host ends in a dot: give its name without it",
        HostProblem::EmptyLabel => "the host has nothing between two of its dots",
        HostProblem::LabelTooLong => "the host has more than 63 bytes between two of its dots",
        HostProblem::HyphenAtEdge => "the host has a part that begins or ends with a hyphen",
        HostProblem::IpAddress => {
            "the host is an IP address: give the endpoint's name, which is what RDS verifies"
        }
    }
}

pub(super) fn of_malformed(malformed: &Malformed) -> String {
    match malformed {
        Malformed::NotAToken => {
            "it is not of the form host:port/?Action=connect&… (a password, perhaps)".to_owned()
        }
        Malformed::HasScheme => "it begins with a scheme: take https:// away".to_owned(),
        Malformed::EncodedTwice => {
            "it has been percent-encoded once more, as in a connection URL: decode it first"
                .to_owned()
        }
        Malformed::TooLong(_) => {
            "it is longer than any token, of 262144 bytes at the most".to_owned()
        }
        Malformed::InvalidHost => "its host is not a DNS name".to_owned(),
        Malformed::InvalidPort => "its port is not a number from 1 to 65535".to_owned(),
        Malformed::InvalidEncoding(offset) => {
            format!("it is not percent-encoded text at byte {offset}")
        }
        Malformed::TooManyParameters => "it has more than 32 parameters".to_owned(),
        Malformed::MissingParameter(parameter) => {
            format!(
                "it lacks {}: it was cut short, perhaps",
                parameter_name(*parameter)
            )
        }
        Malformed::RepeatedParameter(parameter) => {
            format!("it has {} more than once", parameter_name(*parameter))
        }
        Malformed::InvalidParameter(parameter) => format!(
            "its {} is not one that a token for rds-db:connect has",
            parameter_name(*parameter)
        ),
    }
}

fn parameter_name(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Action => "Action",
        Parameter::DbUser => "DBUser",
        Parameter::Algorithm => "X-Amz-Algorithm",
        Parameter::Credential => "X-Amz-Credential",
        Parameter::Date => "X-Amz-Date",
        Parameter::Expires => "X-Amz-Expires",
        Parameter::SignedHeaders => "X-Amz-SignedHeaders",
        Parameter::SecurityToken => "X-Amz-Security-Token",
        Parameter::Signature => "X-Amz-Signature",
    }
}

/// RFC 3339, or the number itself where there is no such date.
pub(super) fn date(unix_seconds: u64) -> String {
    i64::try_from(unix_seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| unix_seconds.to_string())
}
