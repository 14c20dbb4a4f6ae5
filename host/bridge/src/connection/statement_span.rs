//! The span of a statement: how long it took, and how many rows it had.

use std::pin::Pin;
use std::time::Instant;

use tracing::{Instrument, Level, Span, debug_span, field};

use crate::error::Error;
use crate::protocol::ok_packet::Summary;
use crate::protocol::text_or_binary::first_keyword;

/// The tracing target of the spans.
const TARGET: &str = "rds_bridge::statement";

/// The span of a statement. The docs of [`mysql`](crate::mysql) list its fields.
#[derive(Debug)]
pub(super) struct StatementSpan {
    span: Span,
    /// `None` if nothing is recorded.
    began: Option<Instant>,
}

impl StatementSpan {
    pub(super) fn begin(sql: &str) -> Self {
        if !tracing::enabled!(target: TARGET, Level::DEBUG) {
            return Self::none();
        }
        let span = debug_span!(
            target: TARGET,
            "statement",
            keyword = first_keyword(sql),
            elapsed_us = field::Empty,
            rows = field::Empty,
            affected_rows = field::Empty,
            error = field::Empty,
        );
        let began = (!span.is_disabled()).then(Instant::now);
        Self { span, began }
    }

    /// The span of a command that is not a statement.
    pub(super) fn none() -> Self {
        Self {
            span: Span::none(),
            began: None,
        }
    }

    /// Runs a part of the statement in the span, and records its error. The part is pinned, because a future has a
    /// kilobyte here, and each function that takes one copies it.
    pub(super) async fn run<T>(
        &self,
        part: Pin<&mut impl Future<Output = Result<T, Error>>>,
    ) -> Result<T, Error> {
        if self.began.is_none() {
            return part.await;
        }
        let done = part.instrument(self.span.clone()).await;
        if let Err(error) = &done {
            self.record_error(error);
        }
        done
    }

    fn record_error(&self, error: &Error) {
        if self.began.is_none() {
            return;
        }
        match error.code() {
            Some(code) => self.span.record("error", code),
            None => self.span.record("error", field::display(error.kind())),
        };
    }

    /// Records the end of a result.
    pub(super) fn record_result(&mut self, rows: u64, summary: &Summary) {
        if self.began.is_none() {
            return;
        }
        self.span.record("rows", rows);
        self.span.record("affected_rows", summary.affected_rows);
        if !summary.more_results() {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Some(began) = self.began.take() {
            let elapsed = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.span.record("elapsed_us", elapsed);
        }
    }
}

impl Drop for StatementSpan {
    fn drop(&mut self) {
        self.end();
    }
}
