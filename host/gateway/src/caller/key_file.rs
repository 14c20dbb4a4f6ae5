//! The file of the keys: a line for each.

use std::collections::HashSet;

use rds_bridge_access::PasswordHash;
use thiserror::Error;

use super::keys::{Keys, NoRandomness};

/// A shorter key could be guessed: its hash is fast to compute, since every request computes it.
const SHORTEST_KEY: usize = 16;

/// Why the lines of keys cannot be read. The number is that of the line, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no line with a key.
    #[error("no key: write a line NAME:KEY for each caller")]
    Empty,
    /// A line is neither a comment nor a key.
    #[error("line {0}: write NAME:KEY, NAME:sha256:HASH or NAME:sigv4:SECRET")]
    Form(usize),
    /// The name of a caller has other characters than letters, digits, `_`, `-` and `.`.
    #[error("line {0}: a name consists of letters, digits, '_', '-' and '.'")]
    Name(usize),
    /// A key is too short.
    #[error(
        "line {0}: the key is shorter than {SHORTEST_KEY} characters: generate one with 'openssl rand -hex 32'"
    )]
    Short(usize),
    /// A hash is not a SHA-256 in hexadecimal digits.
    #[error("line {0}: the hash is not the 64 hexadecimal digits of a SHA-256")]
    Hash(usize),
    /// A name has two keys of the same kind.
    #[error("line {0}: an earlier line has the same name: give each caller its own")]
    Repeated(usize),
    /// The system has no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Keys {
    /// Reads keys, one a line. Empty lines and those that begin with `#` are skipped.
    ///
    /// | line | |
    /// |---|---|
    /// | `NAME:KEY` | an API key of at least 16 characters, without a colon |
    /// | `NAME:sha256:HASH` | an API key by its SHA-256, in hexadecimal digits |
    /// | `NAME:sigv4:SECRET` | a key pair for SigV4: the access key id, and the secret access key |
    ///
    /// # Errors
    ///
    /// [`KeyFileError`].
    pub fn read(text: &str) -> Result<Self, KeyFileError> {
        let mut keys = Self::new()?;
        let mut seen = HashSet::new();
        for (line, content) in (1_usize..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let form = KeyFileError::Form(line);
            let (name, key) = content.split_once(':').ok_or(form)?;
            let is_allowed = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
            if name.is_empty() || !name.chars().all(is_allowed) {
                return Err(KeyFileError::Name(line));
            }
            let (kind, key) = key.split_once(':').unwrap_or(("", key));
            if !seen.insert((name, kind == "sigv4")) {
                return Err(KeyFileError::Repeated(line));
            }
            if key.len() < SHORTEST_KEY {
                return Err(KeyFileError::Short(line));
            }
            keys = match kind {
                "" => keys.with_api_key(name, key),
                "sha256" => {
                    let hash = PasswordHash::from_hexadecimal(key);
                    let hash = hash.map_err(|_| KeyFileError::Hash(line))?;
                    keys.with_api_key_sha256(name, &hash.0)
                }
                "sigv4" => keys.with_signing_key(name, key),
                _ => return Err(form),
            };
        }
        if keys.is_empty() {
            Err(KeyFileError::Empty)
        } else {
            Ok(keys)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line() {
        let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; // hello
        let text = format!(
            "# callers\n\napp:0123456789abcdef\n hashed:sha256:{hash}\r\napp:sigv4:fedcba9876543210\n"
        );
        let keys = Keys::read(&text).unwrap();
        assert!(keys.caller("app", "0123456789abcdef").is_some());
        assert!(keys.caller("hashed", "hello").is_some());
        assert!(keys.signing_key("app").is_some() && keys.signing_key("hashed").is_none());
        assert!(keys.caller("app", "fedcba9876543210").is_none());
    }

    #[test]
    fn every_other_line_is_refused_by_its_number() {
        let line = 2;
        for (content, expected) in [
            ("app", KeyFileError::Form(line)),
            ("a b:0123456789abcdef", KeyFileError::Name(line)),
            (":0123456789abcdef", KeyFileError::Name(line)),
            ("app:short", KeyFileError::Short(line)),
            ("app:md5:0123456789abcdef", KeyFileError::Form(line)),
            ("app:sha256:0123456789abcdef", KeyFileError::Hash(line)),
            ("first:0123456789abcdef", KeyFileError::Repeated(line)),
        ] {
            let text = format!("first:0123456789abcdef\n{content}");
            assert_eq!(Keys::read(&text).unwrap_err(), expected, "{content}");
        }
        let plus = format!("app:sha256:{}", "+f".repeat(32));
        let refused = Keys::read(&plus).unwrap_err();
        assert_eq!(refused, KeyFileError::Hash(1));
        assert_eq!(Keys::read("# none\n").unwrap_err(), KeyFileError::Empty);
    }
}
