//! Reads the statements from the argument, a file, or standard input.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Read, stdin};
use std::path::Path;

use super::several_statements::{self, ClientCommand, Statement};
use crate::error::Error;
use rds_bridge_text::utf8_text;

const HOW: &str = "give the statement as an argument, with --file, or on standard input";

pub(super) fn read(given: Option<&str>, file: Option<&Path>) -> Result<String, Error> {
    let (sql, source) = match (given, file) {
        (Some(sql), _) => (sql.to_owned(), "the argument".to_owned()),
        (None, Some(path)) if path != Path::new("-") => {
            let text = fs::read(path).and_then(text);
            let text = text.map_err(|error| Error::ReadFile(path.to_owned(), error))?;
            (text, path.display().to_string())
        }
        (None, None) if stdin().is_terminal() => {
            return Err(Error::MissingSetting {
                what: "statement",
                how: HOW,
            });
        }
        (None, _) => (from_standard_input()?, "standard input".to_owned()),
    };
    if sql.trim().is_empty() {
        return Err(Error::Usage(format!(
            "no statement: {source} is empty; {HOW}"
        )));
    }
    Ok(sql)
}

/// Splits a text into statements.
pub(super) fn split(sql: &str) -> Result<Vec<Statement<'_>>, Error> {
    several_statements::split(sql).map_err(|command| {
        let (name, remedy) = match command {
            ClientCommand::Delimiter => (
                "DELIMITER",
                "remove its lines, and end each statement with ';' (the body of a procedure needs no other delimiter)",
            ),
            ClientCommand::Vertical => ("\\G", "end the statement with ';' and add --format vertical"),
            ClientCommand::Go => ("\\g", "end the statement with ';'"),
        };
        Error::Usage(format!(
            "{name} is a command of the mysql client, which the server does not know: {remedy}"
        ))
    })
}

fn from_standard_input() -> Result<String, Error> {
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes).map_err(Error::Read)?;
    text(bytes).map_err(Error::Read)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    utf8_text(bytes).map_err(|problem| io::Error::new(ErrorKind::InvalidData, problem))
}
