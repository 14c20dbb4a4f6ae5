//! The server's warnings, such as a truncated value. They must be fetched before the session ends.

use crate::error::Error;
use rds_bridge::mysql::{Connection, Protocol};

/// How many warnings to show.
const SHOWN: u16 = 10;

#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// As `Warning 1292: Truncated incorrect …`.
    shown: Vec<String>,
    /// Number of warnings that are not shown.
    rest: u16,
}

impl Warnings {
    /// Fetches the warnings of the last statement on this connection, whose number is known.
    ///
    /// # Errors
    ///
    /// The connection is lost. If the server refuses to list the warnings, only their number is shown.
    pub(super) async fn fetch(connection: &mut Connection, number: u16) -> Result<Self, Error> {
        if number == 0 {
            return Ok(Self::default());
        }
        // Preparing a statement would make the server discard them.
        connection.set_protocol(Protocol::Text);
        let mut shown = Vec::new();
        match list(connection, &mut shown).await {
            Err(error) if !connection.is_usable() => return Err(error.into()),
            _ => {}
        }
        let listed = u16::try_from(shown.len()).unwrap_or(u16::MAX);
        let rest = number.saturating_sub(listed);
        Ok(Self { shown, rest })
    }

    /// One line per warning, each with a newline.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for warning in &self.shown {
            text.push_str(warning);
            text.push('\n');
        }
        match (self.shown.is_empty(), self.rest) {
            (_, 0) => {}
            (true, _) => text.push_str("the warnings could not be listed\n"),
            (false, 1) => text.push_str("and 1 more warning\n"),
            (false, rest) => text.push_str(&format!("and {rest} more warnings\n")),
        }
        text
    }
}

async fn list(
    connection: &mut Connection,
    shown: &mut Vec<String>,
) -> Result<(), rds_bridge::Error> {
    let sql = format!("SHOW WARNINGS LIMIT {SHOWN}");
    let mut rows = connection.query(&sql).await?;
    while let Some(row) = rows.next().await? {
        let level: &str = row.get(0)?;
        let code: u32 = row.get(1)?;
        let message: &str = row.get(2)?;
        shown.push(format!("{level} {code}: {message}"));
    }
    Ok(())
}
