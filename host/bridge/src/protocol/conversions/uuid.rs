//! `uuid`: a UUID as 16 bytes, or as a text of 36 characters.

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::protocol::from_value::{FromValue, Mismatch};
use crate::protocol::param::Param;
use crate::protocol::value::Value;

/// From a `BINARY(16)` in the order of `UUID_TO_BIN(uuid)`, from a text such as a `CHAR(36)`, and from MariaDB's
/// `UUID`.
impl FromValue<'_> for Uuid {
    fn from_value(value: Value<'_>) -> Result<Self, Mismatch> {
        let expected = "uuid::Uuid";
        match value {
            Value::Bytes(bytes) => {
                Self::from_slice(bytes).map_err(|_| Mismatch::OutOfRange { expected })
            }
            Value::Text(text) => {
                Self::try_parse(text).map_err(|_| Mismatch::Unparsable { expected })
            }
            _ => Err(Mismatch::wrong_kind(value, expected)),
        }
    }
}

/// As 16 bytes, for a `BINARY(16)`. For a `CHAR(36)` and for MariaDB's `UUID`, pass `uuid.hyphenated()`.
impl From<Uuid> for Param {
    fn from(uuid: Uuid) -> Self {
        Self::Bytes(uuid.as_bytes().to_vec())
    }
}

/// As a text of 36 characters.
impl From<Hyphenated> for Param {
    fn from(uuid: Hyphenated) -> Self {
        Self::Text(uuid.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_there_and_back() {
        let uuid = Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
        let Param::Bytes(bytes) = Param::from(uuid) else {
            panic!("bytes");
        };
        let Param::Text(text) = Param::from(uuid.hyphenated()) else {
            panic!("a text");
        };
        assert_eq!(text, "67e55044-10b1-426f-9247-bb680e5fe0c8");
        assert_eq!(Uuid::from_value(Value::Bytes(&bytes)), Ok(uuid));
        assert_eq!(Uuid::from_value(Value::Text(&text)), Ok(uuid));
        assert!(Uuid::from_value(Value::Bytes(b"short")).is_err());
        assert!(Uuid::from_value(Value::Text("no")).is_err());
    }
}
