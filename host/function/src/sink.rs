//! Where rows go: into one answer, or out in pieces as they come.

use lambda_runtime::streaming::Sender;
use tokio::sync::oneshot;

use super::event_form::Form;
use super::failure::{Failure, Type};

/// AWS Lambda Developer Guide, "Lambda quotas": the payload of a response.
pub(super) const RESPONSE_LIMIT: usize = 6_291_556;
/// A row's JSON is at most so much shorter than the row as the server sent it: of 4,096 columns each may be a number
/// that takes eight bytes there, and two here.
const SHORTER_BY: usize = 32 << 10;
/// The longest row, as the server sends it, that one answer may have room for.
pub(super) const LONGEST_ROW: usize = RESPONSE_LIMIT + SHORTER_BY;
/// What may still come around the rows: the end of an array, and an HTTP response with its headers.
const AROUND: usize = 256;
/// A piece: enough for few writes, and little to wait for.
const PIECE_LENGTH: usize = 64 << 10;

pub(super) struct Sink {
    /// What has been written and not sent.
    pub(super) out: Vec<u8>,
    way: Way,
    pub(super) rows: u64,
    /// How many the server has counted.
    pub(super) warnings: u16,
    sent: u64,
}

enum Way {
    /// All of it at the end; as a text within the JSON of an HTTP response, or as it is.
    Whole { is_within_text: bool },
    /// In pieces; whoever waits for the first is told when there is one.
    Pieces {
        sender: Sender,
        begun: Option<oneshot::Sender<()>>,
    },
}

impl Sink {
    pub(super) fn whole(form: Form) -> Self {
        let is_within_text = matches!(form, Form::Http { .. });
        Self::new(Way::Whole { is_within_text })
    }

    /// Nothing is sent before there is a piece, or the result's end: until then the answer can be another.
    pub(super) fn pieces(sender: Sender, begun: oneshot::Sender<()>) -> Self {
        let begun = Some(begun);
        Self::new(Way::Pieces { sender, begun })
    }

    fn new(way: Way) -> Self {
        Self {
            out: Vec::new(),
            way,
            rows: 0,
            warnings: 0,
            sent: 0,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        let held = u64::try_from(self.out.len()).unwrap_or(u64::MAX);
        self.sent.saturating_add(held)
    }

    /// Whether something has gone out that cannot be taken back.
    pub(super) fn has_begun(&self) -> bool {
        matches!(&self.way, Way::Pieces { begun: None, .. })
    }

    /// What has been written is to be sent: the answer is this one.
    pub(super) fn begin(&mut self) {
        if let Way::Pieces { begun, .. } = &mut self.way
            && let Some(begun) = begun.take()
        {
            // Whoever does not wait any more hears of it when it reads.
            let _heard = begun.send(());
        }
    }

    /// Refuses a row that is too long for one answer, before it is written: its JSON and the answer around it would
    /// take its length in memory again and again.
    pub(super) fn make_room_for(&self, encoded_length: usize) -> Result<(), Failure> {
        let length = self.out.len().saturating_add(encoded_length);
        match self.way {
            Way::Whole { .. } if length.saturating_sub(SHORTER_BY) > RESPONSE_LIMIT => {
                Err(too_large())
            }
            _ => Ok(()),
        }
    }

    /// Refuses rows that the answer has no room for, with what is still to come around them: before a statement is
    /// committed, whose caller would take it for failed.
    pub(super) fn check_answer(&self) -> Result<(), Failure> {
        let Way::Whole { is_within_text } = self.way else {
            return Ok(());
        };
        let escaped = |byte: &&u8| matches!(byte, b'"' | b'\\' | 0..=31);
        let escapes = match is_within_text {
            true => self.out.iter().filter(escaped).count(),
            false => 0,
        };
        let length = self.out.len().saturating_add(escapes);
        match length.saturating_add(AROUND) > RESPONSE_LIMIT {
            true => Err(too_large()),
            false => Ok(()),
        }
    }

    /// A row more has been written.
    pub(super) fn count_row(&mut self) {
        self.rows = self.rows.saturating_add(1);
    }

    /// Whether [`Self::flush`] is to be called before the next row.
    pub(super) fn is_full(&self) -> bool {
        match &self.way {
            Way::Whole { .. } => self.out.len() > RESPONSE_LIMIT,
            Way::Pieces { .. } => self.out.len() >= PIECE_LENGTH,
        }
    }

    /// Sends what is there, if it goes out in pieces.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        let Way::Pieces { sender, .. } = &mut self.way else {
            return match self.out.len() > RESPONSE_LIMIT {
                true => Err(too_large()),
                false => Ok(()),
            };
        };
        let length = u64::try_from(self.out.len()).unwrap_or(u64::MAX);
        let piece = std::mem::take(&mut self.out);
        let sent = sender.send_data(piece.into()).await;
        sent.map_err(|_| Failure::new(Type::Network, "nobody reads the response any more"))?;
        self.sent = self.sent.saturating_add(length);
        Ok(())
    }
}

pub(super) fn too_large() -> Failure {
    Failure::new(
        Type::ResultTooLarge,
        "the result is larger than the 6 MB that a response of a function may have",
    )
    .with_hint(
        "ask for fewer rows or columns (LIMIT); or call a Function URL whose InvokeMode is RESPONSE_STREAM, \
         with INVOKE_MODE=RESPONSE_STREAM in the function's environment",
    )
}
