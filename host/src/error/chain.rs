//! An error with all that is beneath it.

use std::error::Error as StdError;
use std::fmt;

use crate::aws::sdk_error;

/// Displays an error and what is beneath it in one line, each once: what AWS's SDK wraps in errors that say the same is
/// said once, and what a program printed in several lines is in one.
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
