//! An error with its chain of sources, in one line.

use std::error::Error as StdError;
use std::fmt;

use crate::aws::sdk_error;

/// Displays an error and its sources in one line. It joins lines, and omits a source that repeats the error above it,
/// as wrappers of the AWS SDK do.
///
/// ```
/// use std::io;
///
/// use rds_bridge::error::Chain;
///
/// let error = io::Error::other("no\nroom");
/// assert_eq!(Chain(&error).to_string(), "no room");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a>(pub &'a (dyn StdError + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = Some(self.0);
        let mut last = String::new();
        while let Some(error) = next {
            let text = sdk_error::words(error);
            let words: Vec<&str> = text.split_whitespace().collect();
            let line = words.join(" ");
            if line != last && !line.is_empty() {
                let colon = if last.is_empty() { "" } else { ": " };
                write!(f, "{colon}{line}")?;
                last = line;
            }
            next = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::error::{Error, ErrorKind, Stage};

    #[test]
    fn what_is_beneath_is_said_once() {
        let beneath = io::Error::other("no room\n  for\tit");
        assert_eq!(Chain(&beneath).to_string(), "no room for it");
        let error = Error::new(Stage::Rows, ErrorKind::Io(beneath));
        let text = Chain(&error).to_string();
        assert_eq!(text.matches("no room for it").count(), 1, "{text}");
    }
}
