//! Encodes rows and writes them in blocks.
//!
//! If writing may block (to a pipe or a terminal), another thread writes. This thread fills the next block meanwhile,
//! and a signal can always interrupt it.

use std::io::{self, ErrorKind};
use std::mem;
use std::time::Duration;

use clap::ValueEnum;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::destination::Destination;
use super::terminal::for_terminal;
use crate::error::Error;
use rds_bridge::mysql::{Column, Row};
use rds_bridge_formats::{Encoder, Format};

/// Size at which a block is written.
const BLOCK: usize = 64 << 10;
/// Largest buffer to keep for the next block. A row group, or a value of many megabytes, may need a larger one once.
const MAX_KEPT: usize = 1 << 20;
/// How long an interrupted command waits for a reader that does not read.
const PATIENCE: Duration = Duration::from_millis(50);

pub(crate) struct Output {
    encoder: Encoder,
    destination: Destination,
    is_terminal: bool,
    block: Vec<u8>,
    /// Empty buffer for the next block.
    spare: Vec<u8>,
    writing: Option<Writing>,
    written: u64,
    is_in_result: bool,
    /// Whether a result is complete. If the output is then cut off, later results are missing.
    has_result: bool,
    is_closed: bool,
    /// The format, if the destination is a file that can hold one result in it.
    holds_one: Option<Format>,
}

/// A block that another thread writes, which then returns the buffer.
type Writing = JoinHandle<(io::Result<()>, Vec<u8>)>;

impl Output {
    pub(crate) fn new(encoder: Encoder, destination: Destination) -> Self {
        Self {
            is_terminal: destination.is_terminal(),
            encoder,
            destination,
            block: Vec::with_capacity(BLOCK),
            spare: Vec::new(),
            writing: None,
            written: 0,
            is_in_result: false,
            has_result: false,
            is_closed: false,
            holds_one: None,
        }
    }

    /// Refuses a second result: a file in this format holds one.
    pub(super) fn holding_one(mut self, format: Format) -> Self {
        self.holds_one = Some(format);
        self
    }

    /// Number of bytes written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub(crate) fn begin(&mut self, columns: &[Column]) -> Result<(), Error> {
        if let Some(format) = self.holds_one.filter(|_| self.has_result) {
            return Err(second_result(format));
        }
        self.encoder.begin(columns, &mut self.block)?;
        self.is_in_result = true;
        Ok(())
    }

    #[inline]
    pub(crate) fn row(&mut self, row: &Row<'_>) -> Result<(), Error> {
        Ok(self.encoder.row(row, &mut self.block)?)
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.block.len() >= BLOCK
    }

    /// Writes a result to its end. False if the reader has closed the pipe.
    pub(crate) async fn end(&mut self) -> Result<bool, Error> {
        self.is_in_result = false;
        self.has_result = true;
        self.encoder.end(&mut self.block);
        self.flush_to_end().await
    }

    /// Writes the end of the output, after the last result. A file is then on the disk, with a temporary name. Returns
    /// as [`Self::end`] does.
    pub(super) async fn finish(&mut self) -> Result<bool, Error> {
        if !self.has_result && self.encoder.needs_result() {
            return Err(Error::Usage(
                "the statement returns no result, and a parquet or arrow file needs one: use csv, tsv, json or ndjson"
                    .to_owned(),
            ));
        }
        self.encoder.finish(&mut self.block)?;
        let is_read = self.flush_to_end().await?;
        self.destination.sync()?;
        Ok(is_read)
    }

    /// Gives the finished file its name. For a statement without a result that is an empty file, as with `> FILE`.
    pub(super) fn keep(self) -> Result<(), Error> {
        self.destination.keep()
    }

    /// Removes an output of which nothing remains unless it is kept, and returns any other.
    pub(super) fn unless_vanishing(self) -> Option<Self> {
        (!self.destination.vanishes()).then_some(self)
    }

    /// After a failure: writes what there is, with a mark so that no reader takes it for complete. Before the first
    /// result there is nothing to mark.
    pub(super) async fn cut_off(&mut self) {
        let has_begun = self.is_in_result || self.has_result;
        if self.is_closed || !has_begun || self.destination.vanishes() {
            return;
        }
        self.encoder.cut_off(self.is_in_result, &mut self.block);
        // So that the error message begins on its own line.
        if self.is_terminal && !self.block.ends_with(b"\n") {
            self.block.push(b'\n');
        }
        // The failure that led here is the one to report.
        let _flushed = self.flush_to_end().await;
    }

    /// As [`Self::cut_off`], but does not wait long for the reader, because the command was asked to end.
    pub(super) async fn cut_off_soon(&mut self) {
        let _marked = timeout(PATIENCE, self.cut_off()).await;
    }

    /// Starts to write the block. False if the reader has closed the pipe.
    pub(super) async fn flush(&mut self) -> Result<bool, Error> {
        self.await_written().await?;
        if self.is_closed || self.block.is_empty() {
            self.block.clear();
            return Ok(!self.is_closed);
        }
        let mut block = mem::replace(&mut self.block, mem::take(&mut self.spare));
        if self.is_terminal {
            block = for_terminal(self.encoder.escape(), block);
        }
        match self.destination.write_at_once(&block) {
            Err(error) => self.note(Err(error), block)?,
            Ok(None) => self.note(Ok(()), block)?,
            Ok(Some((sink, written))) => {
                self.writing = Some(spawn_blocking(move || {
                    let rest = block.get(written..).unwrap_or_default();
                    (sink.write_all(rest), block)
                }));
            }
        }
        Ok(!self.is_closed)
    }

    async fn flush_to_end(&mut self) -> Result<bool, Error> {
        self.flush().await?;
        self.await_written().await?;
        Ok(!self.is_closed)
    }

    /// Cancel-safe: the block that is being written is not forgotten.
    async fn await_written(&mut self) -> Result<(), Error> {
        let Some(writing) = &mut self.writing else {
            return Ok(());
        };
        let written = writing.await;
        self.writing = None;
        match written {
            Ok((written, block)) => self.note(written, block),
            Err(error) => Err(self.destination.error(io::Error::other(error))),
        }
    }

    fn note(&mut self, written: io::Result<()>, mut block: Vec<u8>) -> Result<(), Error> {
        let length = u64::try_from(block.len()).unwrap_or(u64::MAX);
        block.clear();
        if block.capacity() > MAX_KEPT {
            block.shrink_to(BLOCK);
        }
        self.spare = block;
        match written {
            Ok(()) => {
                self.written = self.written.saturating_add(length);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            Err(error) => Err(self.destination.error(error)),
        }
    }
}

fn second_result(format: Format) -> Error {
    let value = format.to_possible_value();
    let name = value.as_ref().map_or("", |value| value.get_name());
    Error::Usage(format!(
        "a {name} file holds one result, but there are several: use --format ndjson, or write one file for each \
         statement"
    ))
}
