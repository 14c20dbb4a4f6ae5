//! The table of idempotency keys.

use std::fmt;

/// The name of the table in which `/v1` stores idempotency keys, as SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyTable(String);

impl IdempotencyTable {
    /// Reads `table` or `schema.table`. Returns `None` if it is no such name.
    pub(crate) fn read(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split('.').collect();
        let is_name = |part: &&str| {
            !part.is_empty() && part.len() <= 64 && !part.contains(['`', '\0', '\n', '\r'])
        };
        let is_valid = parts.len() <= 2 && parts.iter().all(is_name);
        let quoted: Vec<String> = parts.iter().map(|part| format!("`{part}`")).collect();
        is_valid.then(|| Self(quoted.join(".")))
    }
}

/// As SQL.
impl fmt::Display for IdempotencyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_or_two_parts() {
        let read = |name| IdempotencyTable::read(name).map(|it| it.to_string());
        assert_eq!(read("keys").as_deref(), Some("`keys`"));
        assert_eq!(
            read("my schema.keys").as_deref(),
            Some("`my schema`.`keys`")
        );
        for name in ["", ".", "a.", ".a", "a.b.c", "a`b", "a\nb", &"x".repeat(65)] {
            assert_eq!(read(name), None, "{name}");
        }
    }
}
