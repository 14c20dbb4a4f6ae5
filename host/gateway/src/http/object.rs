//! Reading a body that must be a JSON object.

use serde::de::{DeserializeOwned, Error as _};
use serde_json::Error;

/// Reads a JSON object. An array is refused: `serde` would take its elements for the fields of a structure, in order.
pub(crate) fn read_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Error::custom("invalid type: array, expected an object"));
    }
    serde_json::from_slice(body)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Named {
        name: String,
    }

    #[test]
    fn an_array_is_no_object() {
        assert_eq!(
            read_object::<Named>(b"{\"name\": \"a\"}").unwrap().name,
            "a"
        );
        for body in ["[\"a\"]", " \n[\"a\"]", "[]", "\"a\"", ""] {
            assert!(read_object::<Named>(body.as_bytes()).is_err(), "{body}");
        }
    }
}
