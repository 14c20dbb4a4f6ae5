//! Binds JSON values to a statement's parameters, in the binary protocol. A number keeps all of its digits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rds_bridge::mysql::{Param, Params};
use serde_json::value::RawValue;

use super::error::ApiError;

const HOW: &str = "send a number, a string, true, false or null; a date is a string. A number keeps all of its digits: \
                   without a decimal point or an exponent it is an integer (or a DECIMAL if it does not fit into 64 \
                   bits); with a decimal point it is a DECIMAL; with an exponent it is a DOUBLE";

/// The values of a statement's parameters: for question marks, or by name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Positional(Vec<Param>),
    Named(Vec<(String, Param)>),
}

impl Values {
    /// For the library. Without values, a statement is executed without parameters.
    pub(super) fn params(&self) -> Params<'_> {
        match self {
            Self::Positional(values) if values.is_empty() => Params::None,
            Self::Named(values) if values.is_empty() => Params::None,
            Self::Positional(values) => Params::Positional(Cow::Borrowed(values)),
            Self::Named(values) => {
                let pairs = values.iter();
                let pairs = pairs.map(|(name, value)| (Cow::Borrowed(&**name), value.clone()));
                Params::Named(pairs.collect())
            }
        }
    }
}

/// Reads `parameters`: an array for question marks, or an object for names.
pub(super) fn read_values(json: Option<&RawValue>) -> Result<Values, ApiError> {
    let json = json.map_or("null", RawValue::get);
    match json.bytes().next() {
        Some(b'n') => Ok(Values::Positional(Vec::new())),
        Some(b'[') => {
            let values: Vec<&RawValue> = parse(json)?;
            let values = values.into_iter().enumerate();
            let values = values.map(|(index, value)| {
                let number = index.saturating_add(1);
                bind(value).map_err(|problem| invalid(&format!("parameter {number}: {problem}")))
            });
            values.collect::<Result<_, _>>().map(Values::Positional)
        }
        Some(b'{') => {
            let values: BTreeMap<String, &RawValue> = parse(json)?;
            let values = values.into_iter().map(|(name, value)| match bind(value) {
                Ok(value) => Ok((name, value)),
                Err(problem) => {
                    let shown: String = name.chars().take(64).collect();
                    Err(invalid(&format!("parameter {shown:?}: {problem}")))
                }
            });
            values.collect::<Result<_, _>>().map(Values::Named)
        }
        _ => Err(invalid("\"parameters\" is neither an array nor an object")),
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Result<T, ApiError> {
    serde_json::from_str(json).map_err(|error| invalid(&format!("\"parameters\": {error}")))
}

fn invalid(problem: &str) -> ApiError {
    ApiError::invalid_parameters(problem).with_hint(HOW)
}

fn bind(value: &RawValue) -> Result<Param, String> {
    let value = value.get();
    match value.bytes().next() {
        Some(b'n') => Ok(Param::Null),
        Some(b't' | b'f') => Ok(Param::from(value == "true")),
        Some(b'[') => Err("it is an array".to_owned()),
        Some(b'{') => Err("it is an object".to_owned()),
        Some(b'"') => {
            let text: Result<String, _> = serde_json::from_str(value);
            let text = text.map_err(|error| format!("it is not a string: {error}"))?;
            Ok(Param::from(text))
        }
        _ => Param::from_number(value).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Values, ApiError> {
        let json: &RawValue = serde_json::from_str(json).unwrap();
        read_values(Some(json))
    }

    #[test]
    fn values_keep_their_digits() {
        let json =
            r#"[7, 18446744073709551615, 18446744073709551616, 1.50, 1e3, "\u00e9", true, null]"#;
        let expected = vec![
            Param::from(7),
            Param::from(u64::MAX),
            Param::Decimal("18446744073709551616".parse().unwrap()),
            Param::Decimal("1.50".parse().unwrap()),
            Param::Double(1e3),
            Param::from("é"),
            Param::from(true),
            Param::Null,
        ];
        assert_eq!(read(json).unwrap(), Values::Positional(expected));
        let named = read(r#"{"id": 7, "name": null}"#).unwrap();
        let expected = vec![
            ("id".to_owned(), Param::from(7)),
            ("name".to_owned(), Param::Null),
        ];
        assert_eq!(named, Values::Named(expected));
        assert_eq!(read_values(None).unwrap(), Values::Positional(Vec::new()));
        assert_eq!(read("null").unwrap(), Values::Positional(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, words) in [
            ("[1, [2]]", "parameter 2: it is an array"),
            ("[{}]", "parameter 1: it is an object"),
            ("[1e400]", "parameter 1: "),
            (r#"["\ud800"]"#, "parameter 1: it is not a string"),
            (r#"{"a": []}"#, "parameter \"a\": it is an array"),
            ("7", "neither an array nor an object"),
            ("\"x\"", "neither an array nor an object"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.message().contains(words), "{}", error.message());
        }
    }
}
