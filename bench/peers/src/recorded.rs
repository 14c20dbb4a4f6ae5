//! A server that replays over TLS what a real server has sent. It is not a bottleneck, so the figures show the client.

mod eof;
mod peer;

use std::sync::OnceLock;

use crate::contenders::bare::Bare;
use crate::contenders::bare::reader::{Reader, execute, query};
use crate::rows::Shape;
use crate::settings::Settings;
pub use peer::Peer;

/// A real server's answers to a statement, as raw packets.
struct Answers {
    text: Vec<u8>,
    prepared: Vec<u8>,
    binary: Vec<u8>,
}

/// What a real server answered to the statement of a shape.
pub struct Recording {
    shape: Shape,
    answers: Answers,
    /// The answers for a client without `CLIENT_DEPRECATE_EOF`, created when the first such client connects.
    with_eof: OnceLock<Answers>,
}

impl Recording {
    /// Records the answers of a server.
    pub fn of(settings: &Settings, shape: Shape) -> Self {
        let sql = shape.statement();
        let connection = Bare::resuming(settings).open();
        let mut reader = Reader::new(connection.expect("a connection"));
        let (mut text, mut prepared, mut binary) = (Vec::new(), Vec::new(), Vec::new());
        reader
            .result(&query(sql), |packet, _| text.extend(packet))
            .expect("text");
        let statement = reader
            .prepare(sql, |packet| prepared.extend(packet))
            .expect("prepared");
        reader
            .result(&execute(statement), |packet, _| binary.extend(packet))
            .expect("binary");
        let answers = Answers {
            text,
            prepared,
            binary,
        };
        Self {
            shape,
            answers,
            with_eof: OnceLock::new(),
        }
    }

    fn answers(&self, deprecate_eof: bool) -> &Answers {
        if deprecate_eof {
            return &self.answers;
        }
        let columns = self.shape.columns();
        self.with_eof.get_or_init(|| Answers {
            text: eof::with_eof(&self.answers.text, columns),
            prepared: eof::with_eof(&self.answers.prepared, columns),
            binary: eof::with_eof(&self.answers.binary, columns),
        })
    }

    /// The bytes of the answer in the text and in the binary protocol.
    pub fn sizes(&self) -> [usize; 2] {
        [self.answers.text.len(), self.answers.binary.len()]
    }
}
