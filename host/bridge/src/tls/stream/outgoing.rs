//! A queue of records to be written.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustls::client::ClientConnectionData;
use rustls::unbuffered::{EncodeError, EncodeTlsData, EncryptError, WriteTraffic};
use tokio::io::AsyncWrite;

pub(super) type Traffic<'c> = WriteTraffic<'c, ClientConnectionData>;

/// An upper bound on a record's overhead: its header, content type, nonce, padding and tag.
const RECORD_OVERHEAD: usize = 64;
const RECORD_LENGTH: usize = 16 << 10;
/// A buffer that has grown above this size is freed after it is written.
const KEEP_LENGTH: usize = 128 << 10;

#[derive(Default)]
pub(super) struct Outgoing {
    /// `records[written..]` is still to be written. At first it may begin with plaintext that precedes TLS.
    records: Vec<u8>,
    written: usize,
}

/// Why a record was not appended.
enum Unwritten {
    Needs(usize),
    Impossible,
}

impl Outgoing {
    /// A queue that begins with plaintext, which is sent together with the first record.
    pub(super) fn starting_with(plaintext: Vec<u8>) -> Self {
        Self {
            records: plaintext,
            written: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len().saturating_sub(self.written)
    }

    /// Appends a record of the handshake, an alert or a key update.
    pub(super) fn encode(
        &mut self,
        data: &mut EncodeTlsData<'_, ClientConnectionData>,
    ) -> Result<(), rustls::Error> {
        let encoded = self.append(0, |room| {
            data.encode(room).map_err(|error| match error {
                EncodeError::InsufficientSize(it) => Unwritten::Needs(it.required_size),
                EncodeError::AlreadyEncoded => Unwritten::Impossible,
            })
        });
        encoded.map_err(|error| rustls::Error::General(error.to_string()))
    }

    pub(super) fn encrypt(
        &mut self,
        traffic: &mut Traffic<'_>,
        plaintext: &[u8],
    ) -> io::Result<()> {
        let records = plaintext.len().div_ceil(RECORD_LENGTH);
        let overhead = records.saturating_mul(RECORD_OVERHEAD);
        let estimate = plaintext.len().saturating_add(overhead);
        self.append(estimate, |room| {
            traffic.encrypt(plaintext, room).map_err(unencrypted)
        })
    }

    /// Appends `close_notify`.
    pub(super) fn close(&mut self, traffic: &mut Traffic<'_>) -> io::Result<()> {
        self.append(RECORD_OVERHEAD, |room| {
            traffic.queue_close_notify(room).map_err(unencrypted)
        })
    }

    /// Appends the output of `write`, first with room for `estimate` bytes; if it needs more, with the room that it
    /// asks for.
    fn append(
        &mut self,
        estimate: usize,
        mut write: impl FnMut(&mut [u8]) -> Result<usize, Unwritten>,
    ) -> io::Result<()> {
        let end = self.records.len();
        let mut needed = estimate;
        // Twice is enough: the second attempt has the room that the first asked for.
        for _ in 0..2 {
            self.records.resize(end.saturating_add(needed), 0);
            match write(self.records.get_mut(end..).unwrap_or_default()) {
                Ok(length) => {
                    self.records.truncate(end.saturating_add(length));
                    return Ok(());
                }
                Err(Unwritten::Needs(required)) => needed = required,
                Err(Unwritten::Impossible) => break,
            }
        }
        self.records.truncate(end);
        Err(io::Error::other(
            "TLS has reached the encryption limit of its keys: open a new connection",
        ))
    }

    /// Writes the whole queue.
    pub(super) fn poll_flush(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest) = self.records.get(self.written..)
            && !rest.is_empty()
        {
            match ready!(Pin::new(&mut *writer).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                length => self.written = self.written.saturating_add(length),
            }
        }
        self.written = 0;
        self.records.clear();
        if self.records.capacity() > KEEP_LENGTH {
            self.records = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

fn unencrypted(error: EncryptError) -> Unwritten {
    match error {
        EncryptError::InsufficientSize(it) => Unwritten::Needs(it.required_size),
        EncryptError::EncryptExhausted => Unwritten::Impossible,
    }
}
