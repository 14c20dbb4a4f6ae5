//! The values of a row, and the `Protocol::LengthEncodedInteger` before them.

/// The range of the value whose length is at `at`. The value must not be NULL.
#[inline]
pub fn value_at(payload: &[u8], at: usize) -> (usize, usize) {
    let first = payload[at];
    if first < 251 {
        return (at + 1, at + 1 + usize::from(first));
    }
    long_value_at(payload, at)
}

#[cold]
fn long_value_at(payload: &[u8], at: usize) -> (usize, usize) {
    let bytes = match payload[at] {
        0xFC => 2,
        0xFD => 3,
        0xFE => 8,
        other => panic!("not the first byte of a length: {other}"),
    };
    let mut length = [0; 8];
    let begin = at + 1 + bytes;
    length[..bytes].copy_from_slice(&payload[at + 1..begin]);
    (begin, begin + u64::from_le_bytes(length) as usize)
}

/// Where the values of a `ProtocolBinary::ResultsetRow` begin: after the packet's first byte and the bitmap of NULLs.
pub const fn begin_of_binary(columns: usize) -> usize {
    1 + (columns + 7 + 2) / 8
}

/// The values of a row in order.
pub struct Values<'a> {
    payload: &'a [u8],
    at: usize,
}

impl<'a> Values<'a> {
    #[inline]
    pub fn new(payload: &'a [u8], at: usize) -> Self {
        Self { payload, at }
    }

    /// Reads a length-encoded value.
    #[inline]
    pub fn bytes(&mut self) -> &'a [u8] {
        let (begin, end) = value_at(self.payload, self.at);
        self.at = end;
        &self.payload[begin..end]
    }

    #[inline]
    pub fn text(&mut self) -> &'a str {
        std::str::from_utf8(self.bytes()).expect("UTF-8")
    }

    /// Reads a value of a fixed length.
    #[inline]
    pub fn fixed<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let bytes = self.payload[self.at..]
            .first_chunk()
            .expect("a whole value");
        self.at += LENGTH;
        *bytes
    }
}
