//! A server that says from memory, over TLS, what a real one has said: it is no bottleneck, so that one
//! sees the client.

mod eof;
mod peer;

use std::sync::OnceLock;

use crate::contenders::bare::Bare;
use crate::contenders::bare::reader::{Reader, execute, query};
use crate::rows::Shape;
use crate::settings::Settings;
pub use peer::Peer;

/// A real server's answers to a statement, packets and all.
struct Answers {
    text: Vec<u8>,
    prepared: Vec<u8>,
    binary: Vec<u8>,
}

/// What a real server has said to the statement of a shape.
pub struct Recording {
    shape: Shape,
    answers: Answers,
    /// For a client without `CLIENT_DEPRECATE_EOF`; made when there is one.
    with_eof: OnceLock<Answers>,
}

impl Recording {
    /// Asks a server.
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

    /// How many bytes each protocol takes, text first.
    pub fn sizes(&self) -> [usize; 2] {
        [self.answers.text.len(), self.answers.binary.len()]
    }
}
