//! The floor: blocking reads from TLS, and only the packet headers and the length of every field are read; or every
//! field is decoded to its type in the simplest way.

mod binary;
mod text;

use std::hint::black_box;

use super::{Depth, Protocol, RowReader, Shape, Totals};
use crate::contenders::bare::Bare;
use crate::contenders::bare::reader::{HEADER_LENGTH, Reader, execute, query};
use crate::settings::Settings;

pub struct BareRows {
    reader: Reader,
    depth: Depth,
    /// The prepared statement and its id.
    prepared: Option<(&'static str, [u8; 4])>,
}

impl BareRows {
    pub fn open(settings: &Settings, depth: Depth) -> Self {
        let connection = Bare::resuming(settings).open().expect("a connection");
        Self {
            reader: Reader::new(connection),
            depth,
            prepared: None,
        }
    }

    fn command(&mut self, sql: &'static str, protocol: Protocol) -> Vec<u8> {
        match (protocol, self.prepared) {
            (Protocol::Text, _) => query(sql),
            (Protocol::Binary, Some((prepared, statement))) if prepared == sql => {
                execute(statement)
            }
            (Protocol::Binary, _) => {
                let statement = self.reader.prepare(sql, |_| {}).expect("prepared");
                self.prepared = Some((sql, statement));
                execute(statement)
            }
        }
    }

    fn walk(&mut self, command: &[u8], walk: impl Fn(&[u8])) -> Totals {
        let mut totals = Totals::default();
        let read = self.reader.result(command, |packet, is_row| {
            if is_row {
                walk(black_box(&packet[HEADER_LENGTH..]));
                totals.walk();
            }
        });
        read.expect("rows");
        totals
    }

    fn total(&mut self, command: &[u8], sum: impl Fn(&[u8]) -> u64) -> Totals {
        let mut totals = Totals::default();
        let read = self.reader.result(command, |packet, is_row| {
            if is_row {
                totals.add(sum(&packet[HEADER_LENGTH..]));
            }
        });
        read.expect("rows");
        totals
    }
}

impl RowReader for BareRows {
    fn name(&self) -> &'static str {
        match self.depth {
            Depth::Walked => "bare, walked",
            Depth::Decoded => "bare, decoded",
        }
    }

    fn read(&mut self, shape: Shape, protocol: Protocol) -> Totals {
        let command = &self.command(shape.statement(), protocol);
        let columns = shape.columns();
        match (self.depth, protocol, shape) {
            (Depth::Walked, Protocol::Text, _) => {
                self.walk(command, |row| text::walk(row, columns))
            }
            (Depth::Walked, Protocol::Binary, Shape::Mixed) => {
                self.walk(command, binary::walk_mixed)
            }
            (Depth::Walked, Protocol::Binary, Shape::One) => self.walk(command, binary::walk_one),
            (Depth::Walked, Protocol::Binary, Shape::Wide) => self.walk(command, binary::walk_wide),
            (Depth::Walked, Protocol::Binary, Shape::Blobs) => {
                self.walk(command, binary::walk_blob)
            }
            (Depth::Decoded, Protocol::Text, Shape::Mixed) => self.total(command, text::mixed),
            (Depth::Decoded, Protocol::Text, Shape::One) => self.total(command, text::one),
            (Depth::Decoded, Protocol::Text, Shape::Wide) => self.total(command, text::wide),
            (Depth::Decoded, Protocol::Text, Shape::Blobs) => self.total(command, text::blob),
            (Depth::Decoded, Protocol::Binary, Shape::Mixed) => self.total(command, binary::mixed),
            (Depth::Decoded, Protocol::Binary, Shape::One) => self.total(command, binary::one),
            (Depth::Decoded, Protocol::Binary, Shape::Wide) => self.total(command, binary::wide),
            (Depth::Decoded, Protocol::Binary, Shape::Blobs) => self.total(command, binary::blob),
        }
    }
}
