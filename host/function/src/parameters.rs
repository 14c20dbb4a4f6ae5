//! Binds an event's values to a statement's parameters. The number of values and their types are checked before
//! anything reaches the database.

use serde_json::value::RawValue;

use super::failure::{Failure, Type};
use super::parameter_kind::Kind;
use super::statements::Statement;
use rds_bridge::mysql::Param;

const HOW: &str = "send a number, a string, true, false or null; a date is a string. A number keeps all of its digits: \
                   without a decimal point or an exponent it is an integer (or a DECIMAL if it does not fit into 64 \
                   bits); with a decimal point it is a DECIMAL; with an exponent it is a DOUBLE";

const HOW_TO_SET: &str = r#"declare the types in DB_QUERIES, as in {"by_id": {"sql": "SELECT … WHERE id = ?", "parameters": ["integer"]}}; "any" accepts every value"#;

/// Converts the values to parameters, in order.
///
/// # Errors
///
/// [`Type::InvalidParameters`]: the number of values does not match, or a value does not have its parameter's type.
pub(super) fn bind(values: &[&RawValue], statement: &Statement) -> Result<Vec<Param>, Failure> {
    let (is_right, expected) = match &statement.kinds {
        Some(kinds) => (kinds.len() == values.len(), kinds.len().to_string()),
        None => {
            let placeholders = &statement.placeholders;
            (placeholders.may_be(values.len()), placeholders.to_string())
        }
    };
    if !is_right {
        let problem = format!(
            "parameters that the statement takes: {expected}; in the event: {}",
            values.len()
        );
        return Err(Failure::new(Type::InvalidParameters, problem).with_hint(
            "send as many values in \"parameters\" as the statement has question marks",
        ));
    }
    let kinds = statement.kinds.iter().flatten().copied();
    let others = match statement.is_ad_hoc {
        true => Kind::Any,
        false => Kind::NotSet,
    };
    let kinds = kinds.chain(std::iter::repeat(others));
    let pairs = values.iter().zip(kinds).enumerate();
    pairs
        .map(|(index, (value, kind))| {
            bind_one(value, kind).map_err(|problem| {
                let number = index.saturating_add(1);
                let problem = format!("parameter {number}: {problem}");
                let hint = match kind {
                    Kind::NotSet => HOW_TO_SET,
                    _ => HOW,
                };
                Failure::new(Type::InvalidParameters, problem).with_hint(hint)
            })
        })
        .collect()
}

fn bind_one(value: &RawValue, kind: Kind) -> Result<Param, String> {
    let value = value.get();
    let of_another_kind = |found: &str| match kind {
        Kind::NotSet => format!(
            "it is {found}, but the statement declares no parameter types, so it accepts only strings and null"
        ),
        _ => format!("it is {found}, but the parameter has the type {kind}"),
    };
    let (param, found) = match value.bytes().next() {
        Some(b'n') => return Ok(Param::Null),
        Some(b't' | b'f') => match kind {
            Kind::Any | Kind::Boolean => return Ok(Param::from(value == "true")),
            _ => return Err(of_another_kind("a boolean")),
        },
        Some(b'[') => return Err(of_another_kind("an array")),
        Some(b'{') => return Err(of_another_kind("an object")),
        Some(b'"') => {
            let text: Result<String, _> = serde_json::from_str(value);
            let text = text.map_err(|error| format!("it is not a string: {error}"))?;
            (Param::from(text), "a string")
        }
        _ => {
            let number = Param::from_number(value).map_err(|error| error.to_string())?;
            let found = match number {
                Param::Int(_) | Param::UnsignedInt(_) => "an integer",
                Param::Double(_) => "a number with an exponent",
                _ if value.contains('.') => "a number with a decimal point",
                _ => "an integer that does not fit into 64 bits",
            };
            (number, found)
        }
    };
    match kind.accepts(&param) {
        true => Ok(param),
        false => Err(of_another_kind(found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(values: &[&str], kinds: &[Kind]) -> Result<Vec<Param>, Failure> {
        let raw: Vec<&RawValue> = values
            .iter()
            .map(|value| serde_json::from_str(value).unwrap())
            .collect();
        let mut statement = Statement::new("test", "SELECT 1".to_owned());
        statement.kinds = Some(kinds.to_vec());
        super::bind(&raw, &statement)
    }

    #[test]
    fn as_the_statement_wants_them() {
        let kinds = [
            Kind::Integer,
            Kind::Number,
            Kind::Text,
            Kind::Boolean,
            Kind::Any,
            Kind::Any,
        ];
        let values = ["7", "1.50", r#""\u00e9""#, "true", "null", "1e3"];
        let bound = bind(&values, &kinds).unwrap();
        assert_eq!(
            bound,
            [
                Param::from(7),
                Param::Decimal("1.50".parse().unwrap()),
                Param::from("é"),
                Param::from(true),
                Param::Null,
                Param::Double(1e3),
            ]
        );
        let most = bind(&["18446744073709551615"], &[Kind::Integer]).unwrap();
        assert_eq!(most, [Param::from(u64::MAX)]);
        let more = "18446744073709551616";
        let exact = [Param::Decimal(more.parse().unwrap())];
        assert_eq!(bind(&[more], &[Kind::Number]).unwrap(), exact);
        assert_eq!(bind(&[more], &[Kind::Any]).unwrap(), exact);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (value, kind, words) in [
            (
                "\"7\"",
                Kind::Integer,
                "it is a string, but the parameter has the type integer",
            ),
            (
                "18446744073709551616",
                Kind::Integer,
                "an integer that does not fit into 64 bits",
            ),
            ("7.0", Kind::Integer, "a number with a decimal point"),
            ("1e3", Kind::Integer, "a number with an exponent"),
            ("true", Kind::Integer, "a boolean"),
            ("true", Kind::Number, "a boolean"),
            ("1", Kind::Boolean, "an integer"),
            ("\"7\"", Kind::Number, "a string"),
            ("[1]", Kind::Any, "an array"),
            ("{}", Kind::Any, "an object"),
            ("1", Kind::Text, "an integer"),
            ("1e400", Kind::Any, "out of range for a DOUBLE"),
            ("1e400", Kind::Number, "out of range for a DOUBLE"),
            ("12345678901234567.5e0", Kind::Any, "more digits"),
            (r#""\ud800""#, Kind::Any, "not a string"),
        ] {
            let failure = bind(&[value], &[kind]).unwrap_err();
            assert_eq!(failure.kind(), Type::InvalidParameters);
            let message = failure.message();
            assert!(
                message.starts_with("parameter 1: ") && message.contains(words),
                "{message}"
            );
        }
        let number = bind(&["1"], &[]).unwrap_err();
        assert_eq!(
            number.message(),
            "parameters that the statement takes: 0; in the event: 1"
        );
    }

    /// Only for configured statements: a caller that sends its own SQL may choose the types.
    #[test]
    fn without_types_a_caller_does_not_choose_them() {
        let mut statement = Statement::new("test", "SELECT 1 WHERE a = ?".to_owned());
        for (json, is_taken) in [
            (r#""0""#, true),
            ("null", true),
            ("0", false),
            ("1.5", false),
            ("false", false),
        ] {
            let value = serde_json::from_str(json).unwrap();
            statement.is_ad_hoc = false;
            let bound = super::bind(&[value], &statement);
            assert_eq!(bound.is_ok(), is_taken, "{json}: {bound:?}");
            statement.is_ad_hoc = true;
            assert!(super::bind(&[value], &statement).is_ok(), "{json}");
        }
    }

    #[test]
    fn where_the_sql_mode_decides_the_server_counts() {
        let one = serde_json::from_str("\"1\"").unwrap();
        let statement = Statement::new("test", r"SELECT 'x\' a, ? b".to_owned());
        assert!(super::bind(&[], &statement).is_ok());
        assert!(super::bind(&[one], &statement).is_ok());
        let failure = super::bind(&[one, one], &statement).unwrap_err();
        assert!(failure.message().contains("takes: 0 or 1;"), "{failure:?}");
    }
}
