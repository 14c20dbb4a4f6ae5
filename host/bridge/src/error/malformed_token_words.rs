//! The text of the error that a text is not a token.

use crate::component::{Malformed, Parameter};

/// Describes why a text is not a token: `it has no X-Amz-Date (it may be truncated)`. The description contains nothing
/// of the text.
#[must_use]
pub fn describe(malformed: &Malformed) -> String {
    match malformed {
        Malformed::NotAToken => {
            "it does not have the form host:port/?Action=connect&…, and may be a password"
                .to_owned()
        }
        Malformed::HasScheme => "it begins with a scheme: remove https://".to_owned(),
        Malformed::EncodedTwice => {
            "it is percent-encoded twice, as in a connection URL: decode it first".to_owned()
        }
        Malformed::TooLong(_) => "it is longer than 262144 bytes, the limit for a token".to_owned(),
        Malformed::InvalidHost => "its host is not a DNS name".to_owned(),
        Malformed::InvalidPort => "its port is not a number from 1 to 65535".to_owned(),
        Malformed::InvalidEncoding(offset) => {
            format!("its percent-encoding is invalid at byte {offset}")
        }
        Malformed::TooManyParameters => "it has more than 32 parameters".to_owned(),
        Malformed::MissingParameter(parameter) => {
            format!(
                "it has no {} (it may be truncated)",
                parameter_name(*parameter)
            )
        }
        Malformed::RepeatedParameter(parameter) => {
            format!("it has {} more than once", parameter_name(*parameter))
        }
        Malformed::InvalidParameter(parameter) => format!(
            "its {} has a value that is not valid in a token for rds-db:connect",
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
