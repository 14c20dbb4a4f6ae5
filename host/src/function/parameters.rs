//! The values of an event for the question marks of a statement: their number and types are looked at before
//! anything reaches the database.

use std::fmt;

use serde_json::Value as Json;

use super::failure::{Failure, Type};
use crate::mysql::Param;

/// What a parameter may be, other than null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Number,
    Text,
    Boolean,
    Any,
}

/// As they are called in the settings.
pub(super) const KINDS: [(&str, Kind); 5] = [
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("text", Kind::Text),
    ("boolean", Kind::Boolean),
    ("any", Kind::Any),
];

impl Kind {
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let known = KINDS.iter().find(|(known, _)| *known == name);
        known.map(|(_, kind)| *kind)
    }

    fn takes(self, value: &Json) -> bool {
        match (self, value) {
            (_, Json::Array(_) | Json::Object(_)) => false,
            (_, Json::Null) | (Self::Any, _) => true,
            (Self::Integer, value) => value.is_i64() || value.is_u64(),
            (Self::Number, value) => value.is_number(),
            (Self::Text, value) => value.is_string(),
            (Self::Boolean, value) => value.is_boolean(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = KINDS.iter().find(|(_, kind)| kind == self);
        f.write_str(known.map_or("", |(name, _)| name))
    }
}

/// One for each of `kinds`, in their order.
pub(super) fn bind(values: &[Json], kinds: &[Kind]) -> Result<Vec<Param>, Failure> {
    if values.len() != kinds.len() {
        return Err(Failure::new(
            Type::InvalidParameters,
            format!(
                "the statement takes {} parameters, and {} are given",
                kinds.len(),
                values.len()
            ),
        )
        .with_hint("give as many values in \"parameters\" as the statement has question marks"));
    }
    let pairs = values.iter().zip(kinds).enumerate();
    pairs
        .map(|(index, (value, kind))| {
            bind_one(value, *kind).ok_or_else(|| {
                Failure::new(
                    Type::InvalidParameters,
                    format!(
                        "parameter {} is {}, and {kind} is asked for",
                        index.saturating_add(1),
                        name_of(value)
                    ),
                )
                .with_hint(
                    "a value is a number, a text, true, false or null; DECIMAL and dates are given as texts, \
                     and so are integers beyond 64 bits",
                )
            })
        })
        .collect()
}

fn bind_one(value: &Json, kind: Kind) -> Option<Param> {
    if !kind.takes(value) {
        return None;
    }
    match value {
        Json::Null => Some(Param::Null),
        Json::Bool(it) => Some(Param::from(*it)),
        Json::String(text) => Some(Param::from(text.as_str())),
        Json::Number(number) => number
            .as_i64()
            .map(Param::from)
            .or_else(|| number.as_u64().map(Param::from))
            .or_else(|| number.as_f64().map(Param::from)),
        Json::Array(_) | Json::Object(_) => None,
    }
}

fn name_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(number) if number.is_f64() => "a number with a fraction, or beyond 64 bits",
        Json::Number(_) => "an integer",
        Json::String(_) => "a text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn as_the_statement_wants_them() {
        let kinds = [
            Kind::Integer,
            Kind::Number,
            Kind::Text,
            Kind::Boolean,
            Kind::Any,
        ];
        let values = [json!(7), json!(1.5), json!("x"), json!(true), json!(null)];
        let bound = bind(&values, &kinds).unwrap();
        assert_eq!(
            bound,
            [
                Param::from(7),
                Param::from(1.5),
                Param::from("x"),
                Param::from(true),
                Param::Null
            ]
        );
        let most = bind(&[json!(u64::MAX)], &[Kind::Integer]).unwrap();
        assert_eq!(most, [Param::from(u64::MAX)]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |value, kind| bind(&[value], &[kind]).unwrap_err().message().to_owned();
        assert_eq!(
            wrong(json!("7"), Kind::Integer),
            "parameter 1 is a text, and integer is asked for"
        );
        assert!(wrong(json!(18_446_744_073_709_551_616.0), Kind::Integer).contains("64 bits"));
        assert!(wrong(json!([1]), Kind::Any).contains("an array"));
        assert!(wrong(json!(1), Kind::Text).contains("an integer"));
        let number = bind(&[json!(1)], &[]).unwrap_err();
        assert_eq!(number.kind(), Type::InvalidParameters);
        assert_eq!(
            number.message(),
            "the statement takes 0 parameters, and 1 are given"
        );
    }
}
