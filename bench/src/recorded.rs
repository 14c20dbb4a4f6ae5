//! A server that says from memory, over TLS, what a real one has said: it is no bottleneck, so that one
//! sees the client.

mod eof;
mod peer;

use crate::rows::COLUMNS;
use crate::rows::bare::{BareRows, execute, query};
use crate::settings::Settings;
pub use peer::Peer;

/// A real server's answers to the long statement, packets and all.
pub struct Recording {
    text: Vec<u8>,
    prepared: Vec<u8>,
    binary: Vec<u8>,
}

impl Recording {
    /// Asks a server.
    pub fn of(settings: &Settings) -> Self {
        let mut reader = BareRows::open(settings);
        let (mut text, mut prepared, mut binary) = (Vec::new(), Vec::new(), Vec::new());
        reader
            .result(&query(), |packet, _| text.extend(packet))
            .expect("text");
        let statement = reader
            .prepare(|packet| prepared.extend(packet))
            .expect("prepared");
        reader
            .result(&execute(statement), |packet, _| binary.extend(packet))
            .expect("binary");
        Self {
            text,
            prepared,
            binary,
        }
    }

    /// For a client without `CLIENT_DEPRECATE_EOF`.
    fn with_eof(&self) -> Self {
        Self {
            text: eof::with_eof(&self.text, COLUMNS),
            prepared: eof::with_eof(&self.prepared, COLUMNS),
            binary: eof::with_eof(&self.binary, COLUMNS),
        }
    }

    /// How many bytes each protocol takes, text first.
    pub fn sizes(&self) -> [usize; 2] {
        [self.text.len(), self.binary.len()]
    }
}
