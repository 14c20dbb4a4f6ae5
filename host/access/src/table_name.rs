//! [`TableName`]: the name of a table.

use std::fmt;

/// The longest name of a schema or a table, in characters.
///
/// Source: MySQL Reference Manual, "Identifier Length Limits".
const LONGEST: usize = 64;

/// The name of a table, `TABLE` or `SCHEMA.TABLE`. Shown as SQL, in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    schema: Option<String>,
    table: String,
}

impl TableName {
    /// Reads `TABLE` or `SCHEMA.TABLE`, without quotes. `None` if it is no such name.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        let (schema, table) = match name.split_once('.') {
            Some((schema, table)) => (Some(schema), table),
            None => (None, name),
        };
        let is_name = |part: &str| {
            !part.is_empty()
                && part.chars().count() <= LONGEST
                && !part.contains(|it: char| it == '`' || it == '.' || it.is_control())
        };
        let is_valid = schema.is_none_or(is_name) && is_name(table);
        is_valid.then(|| Self {
            schema: schema.map(str::to_owned),
            table: table.to_owned(),
        })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schema, table } = self;
        if let Some(schema) = schema {
            write!(f, "`{schema}`.")?;
        }
        write!(f, "`{table}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_or_two_parts() {
        let read = |name: &str| TableName::read(name).map(|it| it.to_string());
        assert_eq!(read("keys").as_deref(), Some("`keys`"));
        assert_eq!(
            read("my schema.keys").as_deref(),
            Some("`my schema`.`keys`")
        );
        assert!(read(&"ä".repeat(64)).is_some());
        for name in ["", ".", "a.", ".a", "a.b.c", "a`b", "a\nb", &"x".repeat(65)] {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
