//! The destination of rows: a buffered response, or a streamed one.

use std::future::poll_fn;

use lambda_runtime::streaming::Sender;
use tokio::sync::oneshot;

use super::event_form::Form;
use super::failure::{Failure, Type};

/// The largest payload of a buffered response, in bytes. Source: AWS Lambda Developer Guide, "Lambda quotas".
pub(super) const RESPONSE_LIMIT: usize = 6_291_556;
/// A row's JSON is shorter than the row on the wire by at most this many bytes: a row has up to 4,096 columns, and
/// each may be a number that takes eight bytes on the wire and two in JSON.
const SHORTER_BY: usize = 32 << 10;
/// The longest row that may fit into a buffered response, in bytes as the server sends it.
pub(super) const LONGEST_ROW: usize = RESPONSE_LIMIT + SHORTER_BY;
/// Room for the text around the rows, in bytes: the end of the array, and the HTTP response with its headers.
const ENVELOPE_LENGTH: usize = 256;
/// The length at which a chunk is sent, in bytes: large enough for few writes, small enough for a short wait.
const CHUNK_LENGTH: usize = 64 << 10;

pub(super) struct Sink {
    /// Bytes that are written but not sent yet.
    pub(super) out: Vec<u8>,
    mode: Mode,
    pub(super) rows: u64,
    /// The server's count of warnings.
    pub(super) warnings: u16,
    sent: u64,
}

enum Mode {
    /// One buffered response. It is embedded as a string in the JSON of an HTTP response, or is the response itself.
    Buffered { is_embedded: bool },
    /// A streamed response. `begun` signals that the first chunk is ready, and is taken when it has.
    Streamed {
        sender: Sender,
        begun: Option<oneshot::Sender<()>>,
    },
}

impl Sink {
    pub(super) fn buffered(form: Form) -> Self {
        let is_embedded = matches!(form, Form::Http { .. });
        Self::new(Mode::Buffered { is_embedded })
    }

    /// A sink that streams. It sends nothing before the first chunk is full or the result ends: until then, the
    /// response can still become an error.
    pub(super) fn streamed(sender: Sender, begun: oneshot::Sender<()>) -> Self {
        let begun = Some(begun);
        Self::new(Mode::Streamed { sender, begun })
    }

    fn new(mode: Mode) -> Self {
        Self {
            out: Vec::new(),
            mode,
            rows: 0,
            warnings: 0,
            sent: 0,
        }
    }

    /// Length of the response so far in bytes, sent or not.
    pub(super) fn bytes(&self) -> u64 {
        let held = u64::try_from(self.out.len()).unwrap_or(u64::MAX);
        self.sent.saturating_add(held)
    }

    /// Whether a streamed response has begun, so that it can no longer become an error response.
    pub(super) fn has_begun(&self) -> bool {
        matches!(&self.mode, Mode::Streamed { begun: None, .. })
    }

    /// Begins a streamed response. A buffered one has no such point.
    pub(super) fn begin(&mut self) {
        if let Mode::Streamed { begun, .. } = &mut self.mode
            && let Some(begun) = begun.take()
        {
            // Fails if the receiver is gone; the next write to the stream then fails too.
            let _heard = begun.send(());
        }
    }

    /// Refuses a row that is too long for a buffered response before it is written: its JSON and the response around it
    /// would each take its length in memory again.
    pub(super) fn make_room_for(&self, encoded_length: usize) -> Result<(), Failure> {
        let length = self.out.len().saturating_add(encoded_length);
        match self.mode {
            Mode::Buffered { .. } if length.saturating_sub(SHORTER_BY) > RESPONSE_LIMIT => {
                Err(too_large())
            }
            _ => Ok(()),
        }
    }

    /// Refuses rows for which a buffered response has no room, including the text around them. Call it before the
    /// commit: afterwards, the caller would take a committed statement for a failed one.
    pub(super) fn check_answer(&self) -> Result<(), Failure> {
        let Mode::Buffered { is_embedded } = self.mode else {
            return Ok(());
        };
        let escaped = |byte: &&u8| matches!(byte, b'"' | b'\\' | 0..=31);
        let escapes = match is_embedded {
            true => self.out.iter().filter(escaped).count(),
            false => 0,
        };
        let length = self.out.len().saturating_add(escapes);
        match length.saturating_add(ENVELOPE_LENGTH) > RESPONSE_LIMIT {
            true => Err(too_large()),
            false => Ok(()),
        }
    }

    /// Counts a row that was written.
    pub(super) fn count_row(&mut self) {
        self.rows = self.rows.saturating_add(1);
    }

    /// Whether [`Self::flush`] must be called before the next row.
    pub(super) fn is_full(&self) -> bool {
        match &self.mode {
            Mode::Buffered { .. } => self.out.len() > RESPONSE_LIMIT,
            Mode::Streamed { .. } => self.out.len() >= CHUNK_LENGTH,
        }
    }

    /// Sends the written bytes of a streamed response; for a buffered one, checks its length.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        let Mode::Streamed { sender, .. } = &mut self.mode else {
            return match self.out.len() > RESPONSE_LIMIT {
                true => Err(too_large()),
                false => Ok(()),
            };
        };
        // The bytes are taken only when there is room: if this future is dropped before, they are not lost.
        let gone = || Failure::new(Type::Network, "the caller stopped reading the response");
        let ready = poll_fn(|cx| sender.poll_ready(cx)).await;
        ready.map_err(|_| gone())?;
        let length = u64::try_from(self.out.len()).unwrap_or(u64::MAX);
        let piece = std::mem::take(&mut self.out);
        let sent = sender.try_send_data(piece.into());
        sent.map_err(|_| gone())?;
        self.sent = self.sent.saturating_add(length);
        Ok(())
    }

    /// Waits until a slow caller has taken the rest of a streamed response that has begun. Without its rest, an
    /// incomplete response could look complete. If the caller does not take it, Lambda ends the invocation.
    pub(super) async fn send_rest(&mut self) {
        if self.has_begun() && !self.out.is_empty() {
            // An error means that the caller has stopped reading.
            let _sent = self.flush().await;
        }
    }
}

pub(super) fn too_large() -> Failure {
    Failure::new(
        Type::ResultTooLarge,
        "the result is larger than 6 MB, the limit of a function's response",
    )
    .with_hint(
        "select fewer rows (LIMIT) or columns; or call a Function URL whose InvokeMode is RESPONSE_STREAM, \
         with INVOKE_MODE=RESPONSE_STREAM in the function's environment",
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lambda_runtime::streaming::channel;
    use tokio::time::timeout;

    use super::*;

    /// The caller takes nothing until the end of the response is waited for.
    #[tokio::test]
    async fn a_slow_caller_gets_the_end_of_the_response() {
        let (sender, body) = channel();
        let (begun, _begins) = oneshot::channel();
        let mut sink = Sink::streamed(sender, begun);
        sink.begin();
        sink.out.extend_from_slice(b"{\"a\":1}\n");
        sink.flush().await.unwrap();
        for piece in [&b"{\"a\":2}\n"[..], b"{\"incomplete\":"] {
            sink.out.extend_from_slice(piece);
            let flushed = timeout(Duration::from_millis(20), sink.flush()).await;
            assert!(flushed.is_err(), "{piece:?}");
        }
        let reading = tokio::spawn(body.collect());
        sink.send_rest().await;
        drop(sink);
        let whole = reading.await.unwrap().unwrap().to_bytes();
        assert_eq!(whole, "{\"a\":1}\n{\"a\":2}\n{\"incomplete\":");
    }
}
