//! The keys of an event or of a request body, each with its original JSON text, so that a number keeps all its digits.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::failure::{Failure, Type};
use super::quoted::quoted;

#[derive(Debug, Default)]
pub(super) struct Keys {
    values: BTreeMap<String, Box<RawValue>>,
    /// Of an event; parsed when it is first asked for.
    request_context: OnceLock<Json>,
}

/// Why a text is not a JSON object.
#[derive(Debug)]
pub(super) enum NotKeys {
    NotJson(serde_json::Error),
    NotAnObject,
}

impl Keys {
    pub(super) fn read(json: &str) -> Result<Self, NotKeys> {
        let values = serde_json::from_str(json).map_err(|error| {
            if error.is_data() {
                NotKeys::NotAnObject
            } else {
                NotKeys::NotJson(error)
            }
        })?;
        Ok(Self {
            values,
            request_context: OnceLock::new(),
        })
    }

    /// Adds a key, or replaces its value. Returns `false` if the key was already present.
    pub(super) fn add(&mut self, name: &str, value: Box<RawValue>) -> bool {
        self.values.insert(name.to_owned(), value).is_none()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value as it was written; `None` if the key is missing or its value is `null`.
    pub(super) fn raw(&self, name: &str) -> Option<&RawValue> {
        let value = self.values.get(name).map(|value| &**value);
        value.filter(|value| value.get() != "null")
    }

    /// The parsed value, whose numbers may be rounded; `Json::Null` if the key is missing or its value cannot be
    /// parsed.
    pub(super) fn json(&self, name: &str) -> Json {
        let value = self.raw(name).map(RawValue::get).unwrap_or("null");
        serde_json::from_str(value).unwrap_or_default()
    }

    /// What Lambda or API Gateway says of an HTTP request; `Json::Null` if the event is not one.
    pub(super) fn request_context(&self) -> &Json {
        self.request_context
            .get_or_init(|| self.json("requestContext"))
    }

    /// The value as a string; `None` if the key is missing or its value is `null`. Any other value is an error.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(value) = self.raw(name) else {
            return Ok(None);
        };
        serde_json::from_str(value.get()).map(Some).map_err(|_| {
            let problem = format!("{} is not a string", quoted(name));
            Failure::new(Type::InvalidEvent, problem)
        })
    }
}

/// Encodes a text as a JSON string.
pub(super) fn raw_text(text: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(json!(text).to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_as_they_were_written() {
        let keys =
            Keys::read(r#" {"a": 1.50, "b": null, "c": "\u00e9", "c2": "\ud800", "d": [1e400]} "#);
        let keys = keys.unwrap();
        assert_eq!(keys.raw("a").unwrap().get(), "1.50");
        assert_eq!(keys.text("c").unwrap().as_deref(), Some("é"));
        assert!(keys.text("a").is_err() && keys.text("c2").is_err());
        assert!(keys.has("b") && keys.raw("b").is_none() && keys.raw("e").is_none());
        assert_eq!((keys.json("c"), keys.json("d")), (json!("é"), Json::Null));
    }

    #[test]
    fn what_is_no_object() {
        for json in ["1", "\"x\"", "[1]", "true"] {
            assert!(
                matches!(Keys::read(json), Err(NotKeys::NotAnObject)),
                "{json}"
            );
        }
        for json in ["", "{", "{\"a\": }", "{} x"] {
            assert!(
                matches!(Keys::read(json), Err(NotKeys::NotJson(_))),
                "{json}"
            );
        }
    }
}
