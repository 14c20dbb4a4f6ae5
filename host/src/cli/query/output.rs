//! Standard output, a block at a time.

use std::io::{ErrorKind, Write, stdout};

use crate::cli::error::Error;
use crate::cli::format::Writer;
use crate::mysql::{Column, Row};

/// What is gathered before it is written.
const BLOCK: usize = 64 << 10;

pub(in crate::cli) struct Output {
    writer: Box<dyn Writer>,
    block: Vec<u8>,
    is_in_result: bool,
    /// Whether a result has come to its end: what follows it may be missing.
    has_result: bool,
    is_closed: bool,
}

impl Output {
    pub(in crate::cli) fn new(writer: Box<dyn Writer>) -> Self {
        Self {
            writer,
            block: Vec::with_capacity(BLOCK),
            is_in_result: false,
            has_result: false,
            is_closed: false,
        }
    }

    pub(in crate::cli) fn begin(&mut self, columns: &[Column]) {
        self.is_in_result = true;
        self.writer.begin(columns, &mut self.block);
    }

    pub(in crate::cli) fn row(&mut self, row: &Row<'_>) -> Result<(), Error> {
        let length = self.block.len();
        self.writer.row(row, &mut self.block).map_err(|error| {
            // Half a row is none.
            self.block.truncate(length);
            Error::Bridge(error.into())
        })
    }

    /// False if nobody reads any more.
    pub(in crate::cli) fn flush_if_full(&mut self) -> Result<bool, Error> {
        if self.block.len() < BLOCK {
            return Ok(true);
        }
        self.flush()
    }

    /// As [`Self::flush_if_full`].
    pub(in crate::cli) fn end(&mut self) -> Result<bool, Error> {
        self.is_in_result = false;
        self.has_result = true;
        self.writer.end(&mut self.block);
        self.flush()
    }

    /// After a failure: what is there is written, and marked so that nothing takes it for the whole. Before
    /// the first result there is nothing to mark.
    pub(in crate::cli) fn cut_off(&mut self) {
        if self.is_closed || !(self.is_in_result || self.has_result) {
            return;
        }
        if !self.is_in_result {
            self.writer.begin(&[], &mut self.block);
        }
        self.writer.cut_off(&mut self.block);
        // The failure that led here is the one to tell.
        let _flushed = self.flush();
    }

    fn flush(&mut self) -> Result<bool, Error> {
        let mut stdout = stdout().lock();
        let written = stdout.write_all(&self.block).and_then(|()| stdout.flush());
        self.block.clear();
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(false)
            }
            Err(error) => Err(Error::Write(error)),
        }
    }
}
