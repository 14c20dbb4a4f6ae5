//! The summary of a statement, on standard error.

use std::io::{IsTerminal, Write, stderr};

use super::warnings::Warnings;
use rds_bridge::mysql::Summary;
use rds_bridge_text::PrintableLines;

pub(super) struct Report {
    /// Rows, bytes, time and rate; none for a statement without a result.
    pub(super) rows: Option<String>,
    pub(super) has_ended_early: bool,
    pub(super) last: Summary,
    pub(super) warnings: Warnings,
}

impl Report {
    /// Prints the summary and the server's warnings.
    pub(super) fn print(&self) {
        let Summary {
            affected_rows,
            last_insert_id,
            info,
            warnings,
            ..
        } = &self.last;
        let mut line = match &self.rows {
            Some(rows) => rows.clone(),
            None => {
                let mut line = format!("affected rows: {affected_rows}");
                if *last_insert_id != 0 {
                    line.push_str(&format!(", last insert id: {last_insert_id}"));
                }
                if !info.is_empty() {
                    line.push_str(&format!(" ({info})"));
                }
                line
            }
        };
        if *warnings > 0 {
            line.push_str(&format!(", warnings: {warnings}"));
        }
        // A script that reads rows from a pipe or a file gets no summary, unless there are warnings.
        let is_wanted = self.rows.is_none() || stderr().is_terminal() || *warnings > 0;
        if is_wanted {
            let text = format!("{line}\n{}", self.warnings.text());
            let _written = write!(stderr(), "{}", PrintableLines(&text));
        }
    }
}
