//! `serde`: a `JSON` column as any type that implements `Deserialize`.

use serde::{Deserialize, Serialize};

use crate::protocol::from_value::{FromValue, Mismatch};
use crate::protocol::param::Param;
use crate::protocol::value::Value;

/// The deserialised value of a `JSON` column. It may borrow from the row.
///
/// ```no_run
/// # async fn tags(mut connection: rds_bridge::mysql::Connection) -> Result<(), Box<dyn std::error::Error>> {
/// use rds_bridge::mysql::Json;
///
/// let sql = "SELECT tags FROM items WHERE id = ?";
/// let (Json(tags),): (Json<Vec<String>>,) = connection.query_one(sql, (7,)).await?;
/// let sql = "UPDATE items SET tags = ? WHERE id = ?";
/// connection.execute(sql, (Json(tags).to_param()?, 7)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// From `JSON`, and from texts, as which MariaDB sends `JSON`.
impl<'a, T: Deserialize<'a>> FromValue<'a> for Json<T> {
    fn from_value(value: Value<'a>) -> Result<Self, Mismatch> {
        let expected = std::any::type_name::<T>();
        match value {
            Value::Json(text) | Value::Text(text) => {
                let read = serde_json::from_str(text).map(Self);
                read.map_err(|_| Mismatch::Unparsable { expected })
            }
            _ => Err(Mismatch::wrong_kind(value, expected)),
        }
    }
}

impl<T: Serialize> Json<T> {
    /// Serialises the value to a text parameter.
    ///
    /// # Errors
    ///
    /// `T` cannot be serialised, such as a map whose keys are not strings.
    pub fn to_param(&self) -> Result<Param, serde_json::Error> {
        serde_json::to_string(&self.0).map(Param::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let tags = Json(vec!["a".to_owned(), "ü".to_owned()]);
        let Param::Text(text) = tags.to_param().unwrap() else {
            panic!("a text");
        };
        assert_eq!(text, r#"["a","ü"]"#);
        assert_eq!(Json::from_value(Value::Json(&text)), Ok(tags));
        let borrowed: Json<Vec<&str>> = Json::from_value(Value::Text(&text)).unwrap();
        assert_eq!(borrowed.0[1], "ü");
        let refused = Json::<Vec<u8>>::from_value(Value::Json(&text));
        assert!(matches!(refused, Err(Mismatch::Unparsable { .. })));
    }
}
