//! Rows on their way out, a block at a time.

use std::io::ErrorKind;

use super::destination::Destination;
use crate::cli::error::Error;
use crate::cli::format::Encoder;
use crate::mysql::{Column, Row};

/// What is gathered before it is written.
const BLOCK: usize = 64 << 10;
/// Room for a row group, or for a value of many megabytes, is not kept for the next one.
const MAX_KEPT: usize = 1 << 20;

pub(in crate::cli) struct Output {
    encoder: Encoder,
    destination: Destination,
    block: Vec<u8>,
    written: u64,
    is_in_result: bool,
    /// Whether a result has come to its end: what follows it may be missing.
    has_result: bool,
    is_closed: bool,
}

impl Output {
    pub(in crate::cli) fn new(encoder: Encoder, destination: Destination) -> Self {
        Self {
            encoder,
            destination,
            block: Vec::with_capacity(BLOCK),
            written: 0,
            is_in_result: false,
            has_result: false,
            is_closed: false,
        }
    }

    /// Bytes that have been written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.destination.is_terminal()
    }

    pub(in crate::cli) fn begin(&mut self, columns: &[Column]) -> Result<(), Error> {
        self.encoder.begin(columns, &mut self.block)?;
        self.is_in_result = true;
        Ok(())
    }

    #[inline]
    pub(in crate::cli) fn row(&mut self, row: &Row<'_>) -> Result<(), Error> {
        self.encoder.row(row, &mut self.block)
    }

    #[inline]
    pub(in crate::cli) fn is_full(&self) -> bool {
        self.block.len() >= BLOCK
    }

    /// As [`Self::flush`].
    pub(in crate::cli) fn end(&mut self) -> Result<bool, Error> {
        self.is_in_result = false;
        self.has_result = true;
        self.encoder.end(&mut self.block);
        self.flush()
    }

    /// Behind the last result: all of it is written, and if it is to be a file, it is on the disk, with
    /// another name. As [`Self::flush`].
    pub(in crate::cli) fn finish(&mut self) -> Result<bool, Error> {
        self.encoder.finish(&mut self.block)?;
        let is_read = self.flush()?;
        self.destination.sync()?;
        Ok(is_read)
    }

    /// What has been finished gets its name. A statement without any result leaves no file.
    pub(in crate::cli) fn keep(self) -> Result<(), Error> {
        match self.has_result {
            true => self.destination.keep(),
            false => Ok(()),
        }
    }

    /// After a failure: what is there is written, and marked so that nothing takes it for the whole. Before
    /// the first result there is nothing to mark.
    pub(in crate::cli) fn cut_off(&mut self) {
        let has_begun = self.is_in_result || self.has_result;
        if self.is_closed || !has_begun || self.destination.vanishes() {
            return;
        }
        self.encoder.cut_off(self.is_in_result, &mut self.block);
        // The failure that led here is the one to tell.
        let _flushed = self.flush();
    }

    /// False if nobody reads any more.
    pub(in crate::cli) fn flush(&mut self) -> Result<bool, Error> {
        let written = self.destination.write_all(&self.block);
        let length = u64::try_from(self.block.len()).unwrap_or(u64::MAX);
        self.block.clear();
        if self.block.capacity() > MAX_KEPT {
            self.block.shrink_to(BLOCK);
        }
        match written {
            Ok(()) => {
                self.written = self.written.saturating_add(length);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(false)
            }
            Err(error) => Err(self.destination.error(error)),
        }
    }
}
