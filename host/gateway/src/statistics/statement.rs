//! Statements without their values.

use std::sync::Arc;

use rds_bridge::mysql::first_keyword;
use rds_bridge_access::Lexed;
use ring::digest::{SHA256, digest};

/// A longer statement is known by its keyword alone.
const LONGEST: usize = 16 << 10;
/// The bytes of the hash in a label.
const HASH_LENGTH: usize = 4;
/// A text that a client has sent may begin with anything, such as a secret.
const KEYWORDS: [&str; 26] = [
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "COMMIT",
    "CREATE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DO",
    "DROP",
    "EXPLAIN",
    "INSERT",
    "LOCK",
    "REPLACE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "TRUNCATE",
    "UPDATE",
    "USE",
    "WITH",
];

/// An extension of a response: the statement that was executed, without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatementLabel(Arc<Parts>);

#[derive(Debug, PartialEq, Eq)]
struct Parts {
    digest: String,
    text: String,
}

impl StatementLabel {
    /// Of SQL, in which all values are replaced by question marks.
    pub(crate) fn of(sql: &str) -> Self {
        let first = first_keyword(sql).unwrap_or_default();
        let mut known = KEYWORDS.into_iter();
        let keyword = known.find(|it| it.eq_ignore_ascii_case(first));
        let keyword = keyword.unwrap_or("OTHER");
        let lexed = match sql.len() {
            ..=LONGEST => Lexed::read(sql).ok(),
            _ => None,
        };
        let Some(lexed) = lexed else {
            return Self::new(format!("{keyword} …"), keyword.to_owned());
        };
        let text = lexed.without_values();
        let hash = digest(&SHA256, text.as_bytes());
        let hash = hash.as_ref().get(..HASH_LENGTH).unwrap_or_default();
        Self::new(format!("{keyword} {}", hex::encode(hash)), text)
    }

    /// Of the statements of a batch.
    pub(crate) fn of_batch<'s>(statements: impl Iterator<Item = &'s str>) -> Self {
        let mut texts = String::new();
        for sql in statements {
            if texts.len() > LONGEST {
                break;
            }
            texts.push_str(Self::of(sql).text());
            texts.push_str("; ");
        }
        let hash = digest(&SHA256, texts.as_bytes());
        let hash = hash.as_ref().get(..HASH_LENGTH).unwrap_or_default();
        Self::new(format!("batch {}", hex::encode(hash)), texts)
    }

    fn new(digest: String, text: String) -> Self {
        Self(Arc::new(Parts { digest, text }))
    }

    /// Its first keyword, and a hash of the rest.
    pub(crate) fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Its text, with a question mark for each value.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_matter() {
        let one = StatementLabel::of("SELECT a FROM t WHERE b = 7");
        for same in [
            "SELECT a FROM t WHERE b = 'x y'",
            "/* app */ SELECT a\n  FROM t WHERE b = ?",
        ] {
            assert_eq!(StatementLabel::of(same), one, "{same}");
        }
        assert_ne!(StatementLabel::of("SELECT a FROM u WHERE b = 7"), one);
        assert!(one.digest().starts_with("SELECT "));
    }

    #[test]
    fn what_cannot_be_split_is_known_by_its_keyword() {
        for sql in [
            "SELECT 'x",
            "SELECT /*! 1 */ a",
            &format!("SELECT '{}'", "x".repeat(LONGEST)),
        ] {
            let label = StatementLabel::of(sql);
            assert_eq!((label.digest(), label.text()), ("SELECT …", "SELECT"));
        }
        assert_eq!(StatementLabel::of("").digest(), "OTHER …");
        let secret = StatementLabel::of("hunter AS a");
        assert!(secret.digest().starts_with("OTHER "), "{secret:?}");
    }
}
