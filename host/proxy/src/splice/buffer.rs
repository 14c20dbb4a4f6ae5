//! The bytes that were read from one side and not yet written to the other.

use std::cell::RefCell;
use std::fmt;

/// As much as a few records of TLS, so that a long result needs few system calls.
pub(super) const LENGTH: usize = 64 << 10;

/// How many free buffers a thread keeps for connections that become active. A connection returns its buffer once it is
/// empty, so few are in use at a time. These are never released: keeping 32 cost a thread 2 MiB for good after a burst.
const KEPT: usize = 4;

type Bytes = Box<[u8; LENGTH]>;

thread_local! {
    /// An idle connection holds no buffer: it takes one from here when it has something to read.
    static FREE: RefCell<Vec<Bytes>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that takes its memory when it is filled, and can return it when it is empty.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Option<Bytes>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn unread(&self) -> &[u8] {
        let bytes = self.bytes.as_deref().map(<[u8; LENGTH]>::as_slice);
        bytes
            .and_then(|bytes| bytes.get(self.start..self.end))
            .unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The room after the unread bytes, which it moves to the beginning.
    pub(super) fn room(&mut self) -> &mut [u8] {
        let bytes = self.bytes.get_or_insert_with(take);
        if self.start > 0 {
            bytes.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Adds `length` bytes, which were read into [`Self::room`].
    pub(super) fn fill(&mut self, length: usize) {
        self.end = self.end.saturating_add(length).min(LENGTH);
    }

    pub(super) fn consume(&mut self, length: usize) {
        self.start = self.start.saturating_add(length).min(self.end);
    }

    fn give_back(&mut self) {
        if let Some(bytes) = self.bytes.take() {
            give_back(bytes);
        }
    }

    /// Returns the memory, if the buffer is empty.
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            self.start = 0;
            self.end = 0;
            self.give_back();
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes may be data of the database.
        f.debug_struct("Buffer")
            .field("unread_length", &self.unread().len())
            .finish_non_exhaustive()
    }
}

fn take() -> Bytes {
    let kept = FREE.with_borrow_mut(Vec::pop);
    kept.unwrap_or_else(|| Box::new([0; LENGTH]))
}

fn give_back(bytes: Bytes) {
    FREE.with_borrow_mut(|free| {
        if free.len() < KEPT {
            free.push(bytes);
        }
    });
}
