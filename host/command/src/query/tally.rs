//! Counts the results of several statements, so that an error names the statement that failed.

use super::several_statements::Statement;
use crate::error::Error;
use rds_bridge::mysql::Summary;

#[derive(Debug)]
pub(super) struct Tally<'a> {
    statements: &'a [Statement<'a>],
    /// How many statements are complete.
    complete: usize,
    affected_rows: u64,
    warnings: u64,
}

impl<'a> Tally<'a> {
    pub(super) fn new(statements: &'a [Statement<'a>]) -> Self {
        Self {
            statements,
            complete: 0,
            affected_rows: 0,
            warnings: 0,
        }
    }

    /// Notes the end of a result. The last result of a `CALL` is the one without rows.
    pub(super) fn end_result(&mut self, has_rows: bool, summary: Option<&Summary>) {
        if let Some(summary) = summary {
            let warnings = u64::from(summary.warnings);
            self.affected_rows = self.affected_rows.saturating_add(summary.affected_rows);
            self.warnings = self.warnings.saturating_add(warnings);
        }
        let statement = self.statements.get(self.complete);
        let continues = statement.is_some_and(|it| it.may_have_several_results) && has_rows;
        if !continues {
            self.complete = self.complete.saturating_add(1);
        }
    }

    /// The number of rows that all statements have changed.
    pub(super) fn affected_rows(&self) -> u64 {
        self.affected_rows
    }

    /// The number of warnings of all statements.
    pub(super) fn warnings(&self) -> u64 {
        self.warnings
    }

    /// Adds the number of the statement that failed, if there are several.
    pub(super) fn locate(&self, error: Error) -> Error {
        let count = self.statements.len();
        let number = self.complete.saturating_add(1);
        match error {
            Error::Bridge(error) if count > 1 && number <= count => Error::InStatement {
                number,
                count,
                error,
            },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::several_statements::split;
    use super::*;
    use rds_bridge::error::{ErrorKind, Stage};

    #[test]
    fn the_number_of_the_statement_that_failed() {
        let statements = split("DO 1; CALL p(); SELECT 1").unwrap();
        let mut tally = Tally::new(&statements);
        for (has_rows, number) in [(false, 2), (true, 2), (true, 2), (false, 3)] {
            tally.end_result(has_rows, None);
            let error = rds_bridge::Error::new(Stage::Statement, ErrorKind::Closed);
            let located = tally.locate(error.into()).to_string();
            let beginning = format!("statement {number} of 3: ");
            assert!(located.starts_with(&beginning), "{located}");
        }
    }
}
