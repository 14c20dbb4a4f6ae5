//! The summary of the statements, on standard error.

use std::io::{IsTerminal, Write, stderr};

use super::warnings::Warnings;
use rds_bridge::mysql::Summary;
use rds_bridge_text::PrintableLines;

pub(super) struct Report {
    /// Rows, bytes, time and rate; `None` if no statement has a result.
    pub(super) rows: Option<String>,
    pub(super) has_ended_early: bool,
    pub(super) statements: usize,
    /// Of all statements.
    pub(super) affected_rows: u64,
    /// The number of warnings of all statements but the last, which the server no longer lists.
    pub(super) earlier_warnings: u64,
    /// What the server says at the end of the last statement.
    pub(super) last: Summary,
    pub(super) warnings: Warnings,
}

impl Report {
    /// Prints the summary and the server's warnings.
    pub(super) fn print(&self) {
        let Summary {
            last_insert_id,
            info,
            warnings,
            ..
        } = &self.last;
        let mut line = match &self.rows {
            Some(rows) => rows.clone(),
            None => {
                let mut line = format!("affected rows: {}", self.affected_rows);
                if *last_insert_id != 0 {
                    line.push_str(&format!(", last insert id: {last_insert_id}"));
                }
                if !info.is_empty() {
                    line.push_str(&format!(" ({info})"));
                }
                line
            }
        };
        if self.statements > 1 {
            line = format!("statements: {}, {line}", self.statements);
        }
        if *warnings > 0 {
            line.push_str(&format!(", warnings: {warnings}"));
        }
        if self.earlier_warnings > 0 {
            line.push_str(&format!(
                ", warnings of earlier statements: {}",
                self.earlier_warnings
            ));
        }
        let has_warnings = *warnings > 0 || self.earlier_warnings > 0;
        // A script that reads rows from a pipe or a file gets no summary, unless there are warnings.
        let is_wanted = self.rows.is_none() || stderr().is_terminal() || has_warnings;
        if is_wanted {
            let text = format!("{line}\n{}", self.warnings.text());
            let _written = write!(stderr(), "{}", PrintableLines(&text));
        }
    }
}
