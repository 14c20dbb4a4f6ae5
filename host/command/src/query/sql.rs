//! Reads the statement from the argument, a file, or standard input.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Read, stdin};
use std::path::Path;

use crate::error::Error;
use rds_bridge_text::utf8_text;

pub(super) fn read(given: Option<&str>, file: Option<&Path>) -> Result<String, Error> {
    let sql = match (given, file) {
        (Some(sql), _) => sql.to_owned(),
        (None, Some(path)) if path != Path::new("-") => {
            let text = fs::read(path).and_then(text);
            text.map_err(|error| Error::ReadFile(path.to_owned(), error))?
        }
        (None, Some(_)) => from_standard_input()?,
        (None, None) if stdin().is_terminal() => {
            return Err(Error::MissingSetting {
                what: "statement",
                how: "give it as an argument, with --file, or on standard input",
            });
        }
        (None, None) => from_standard_input()?,
    };
    if sql.trim().is_empty() {
        return Err(Error::MissingSetting {
            what: "statement",
            how: "the text given is empty",
        });
    }
    Ok(sql)
}

fn from_standard_input() -> Result<String, Error> {
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes).map_err(Error::Read)?;
    text(bytes).map_err(Error::Read)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    utf8_text(bytes).map_err(|problem| io::Error::new(ErrorKind::InvalidData, problem))
}
