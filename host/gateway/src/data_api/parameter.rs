//! A parameter: a name, a field, and what a text stands for.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rds_bridge::mysql::{Date, DateTime, Decimal, Param, Time};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::ApiError;

/// `SqlParameter`. Its value is the caller's data: `Debug` shows only the name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SqlParameter {
    pub(super) name: Option<String>,
    value: Option<FieldMembers>,
    type_hint: Option<TypeHint>,
}

/// The members of the union `Field`. Exactly one is set.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FieldMembers {
    is_null: Option<bool>,
    boolean_value: Option<bool>,
    long_value: Option<i64>,
    double_value: Option<DoubleMember>,
    string_value: Option<String>,
    blob_value: Option<String>,
    array_value: Option<IgnoredAny>,
}

/// JSON has no NaN and no infinity: restJson1 sends them as texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum DoubleMember {
    Number(f64),
    NotFinite(#[expect(dead_code, reason = "every text is refused")] String),
}

/// What a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TypeHint {
    Json,
    Uuid,
    Timestamp,
    Date,
    Time,
    Decimal,
}

impl SqlParameter {
    /// The value to bind.
    ///
    /// # Errors
    ///
    /// The field has no member or several, or its member cannot be a value of MySQL.
    pub(super) fn param(&self) -> Result<Param, ApiError> {
        let name = self.name.as_deref().unwrap_or_default();
        let invalid = |problem: &str| ApiError::invalid_parameter(name, problem);
        let Some(members) = &self.value else {
            return Err(invalid("it has no value"));
        };
        let FieldMembers {
            is_null,
            boolean_value,
            long_value,
            double_value,
            string_value,
            blob_value,
            array_value,
        } = members;
        let mut params = Vec::new();
        if let Some(is_null) = is_null {
            params.push(if *is_null {
                Ok(Param::Null)
            } else {
                Err("isNull is false, but there is no value")
            });
        }
        params.extend(boolean_value.map(|value| Ok(Param::from(value))));
        params.extend(long_value.map(|value| Ok(Param::Int(value))));
        params.extend(double_value.as_ref().map(|value| match value {
            DoubleMember::Number(number) if number.is_finite() => Ok(Param::Double(*number)),
            _ => Err("MySQL has neither NaN nor infinity"),
        }));
        params.extend(string_value.as_ref().map(|text| self.text(text)));
        params.extend(blob_value.as_ref().map(|text| {
            let bytes = BASE64_STANDARD.decode(text);
            bytes
                .map(Param::Bytes)
                .map_err(|_| "blobValue is not base64")
        }));
        if array_value.is_some() {
            params.push(Err("array parameters are not supported"));
        }
        match params.pop() {
            Some(param) if params.is_empty() => param.map_err(invalid),
            Some(_) => Err(invalid("its value has several members")),
            None => Err(invalid("its value has no member")),
        }
    }

    fn text(&self, text: &str) -> Result<Param, &'static str> {
        match self.type_hint {
            None | Some(TypeHint::Json | TypeHint::Uuid) => Ok(Param::from(text)),
            Some(TypeHint::Decimal) => decimal(text).ok_or("it is not a DECIMAL"),
            Some(TypeHint::Date) => Date::parse(text.as_bytes())
                .filter(|date| is_date(*date))
                .map(Param::Date)
                .ok_or("it is not a DATE: send YYYY-MM-DD"),
            Some(TypeHint::Time) => Time::parse(text.as_bytes())
                .filter(|time| time.hours <= 838 && time.minutes < 60 && time.seconds < 60)
                // MySQL makes NULL of a bound TIME in `CAST(? AS CHAR)`, and a time of this text.
                .map(|_| Param::from(text))
                .ok_or("it is not a TIME: send HH:MM:SS[.FFF]"),
            Some(TypeHint::Timestamp) => DateTime::parse(text.as_bytes())
                .filter(|time| is_date(time.date) && time.hour < 24)
                .filter(|time| time.minute < 60 && time.second < 60)
                .map(Param::DateTime)
                .ok_or("it is not a TIMESTAMP: send YYYY-MM-DD HH:MM:SS[.FFF]"),
        }
    }
}

/// With an exponent, as Python writes some numbers, it is a double that has the same digits.
fn decimal(text: &str) -> Option<Param> {
    match text.parse::<Decimal>() {
        Ok(decimal) => Some(Param::Decimal(decimal)),
        Err(_) => Param::from_number(text).ok(),
    }
}

/// The ranges of MySQL, zero dates included. Whether a month has that day is checked by the server.
fn is_date(date: Date) -> bool {
    date.year <= 9999 && date.month <= 12 && date.day <= 31
}

impl fmt::Debug for SqlParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            value: _,
            type_hint,
        } = self;
        f.debug_struct("SqlParameter")
            .field("name", name)
            .field("type_hint", type_hint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(json: &str) -> Result<Param, String> {
        let parameter: SqlParameter = serde_json::from_str(json).unwrap();
        parameter.param().map_err(|error| error.to_string())
    }

    fn hinted(hint: &str, text: &str) -> Result<Param, String> {
        let value = serde_json::json!({ "stringValue": text });
        let json = serde_json::json!({ "name": "p", "value": value, "typeHint": hint });
        param(&json.to_string())
    }

    #[test]
    fn every_member_of_a_field() {
        for (value, expected) in [
            (r#"{"isNull": true}"#, Param::Null),
            (r#"{"booleanValue": true}"#, Param::Int(1)),
            (
                r#"{"longValue": -9223372036854775808}"#,
                Param::Int(i64::MIN),
            ),
            (r#"{"doubleValue": 2}"#, Param::Double(2.0)),
            (
                r#"{"doubleValue": 9007199254740993.0}"#,
                Param::Double(9_007_199_254_740_992.0),
            ),
            // One unit in the last place is lost by serde_json without its feature `float_roundtrip`.
            (
                r#"{"doubleValue": 122.416294033786585}"#,
                Param::Double("122.416294033786585".parse().unwrap()),
            ),
            (r#"{"stringValue": "ä"}"#, Param::from("ä")),
            (r#"{"blobValue": "AP8="}"#, Param::Bytes(vec![0, 255])),
            (r#"{"stringValue": null, "longValue": 1}"#, Param::Int(1)),
        ] {
            let json = format!(r#"{{"name": "p", "value": {value}}}"#);
            assert_eq!(param(&json), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused_by_its_name() {
        for (value, expected) in [
            ("{}", "its value has no member"),
            (r#"{"isNull": false}"#, "isNull is false"),
            (r#"{"longValue": 1, "stringValue": "1"}"#, "several members"),
            (r#"{"doubleValue": "NaN"}"#, "neither NaN"),
            (r#"{"doubleValue": "-Infinity"}"#, "nor infinity"),
            (r#"{"blobValue": "?"}"#, "not base64"),
            (r#"{"arrayValue": {"longValues": [1]}}"#, "array parameters"),
            ("null", "it has no value"),
        ] {
            let json = format!(r#"{{"name": "p", "value": {value}}}"#);
            let error = param(&json).unwrap_err();
            assert!(
                error.contains(expected) && error.contains(":p"),
                "{value}: {error}"
            );
        }
    }

    #[test]
    fn a_hint_says_what_a_text_is() {
        let date = Date {
            year: 2026,
            month: 1,
            day: 31,
        };
        let timestamp = DateTime {
            date,
            hour: 23,
            minute: 59,
            second: 58,
            microsecond: 500_000,
        };
        for (hint, text, expected) in [
            ("DATE", "2026-01-31", Param::Date(date)),
            ("DATE", "0000-00-00", Param::Date(Date::default())),
            (
                "TIMESTAMP",
                "2026-01-31 23:59:58.5",
                Param::DateTime(timestamp),
            ),
            ("TIME", "01:02:03", Param::from("01:02:03")),
            ("DECIMAL", "1.50", Param::Decimal("1.50".parse().unwrap())),
            ("DECIMAL", "1E+2", Param::Double(100.0)),
            ("JSON", "{}", Param::from("{}")),
            ("UUID", "u", Param::from("u")),
        ] {
            assert_eq!(hinted(hint, text), Ok(expected), "{hint} {text}");
        }
        for (hint, text) in [
            ("DATE", "2026-13-01"),
            ("DATE", "2026-01-31 00:00:00"),
            ("DATE", "today"),
            ("TIMESTAMP", "2026-01-31T00:00:00"),
            ("TIMESTAMP", "2026-01-31 24:00:00"),
            ("TIME", "01:60:00"),
            ("TIME", "839:00:00"),
            ("DECIMAL", "NaN"),
            ("DECIMAL", "1,5"),
        ] {
            let error = hinted(hint, text).unwrap_err();
            assert!(error.contains(&format!("it is not a {hint}")), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let json = r#"{"name": "p", "value": {"stringValue": "hunter2"}}"#;
        let parameter: SqlParameter = serde_json::from_str(json).unwrap();
        let text = format!("{parameter:?}");
        assert!(
            text.contains("\"p\"") && !text.contains("hunter2"),
            "{text}"
        );
    }
}
