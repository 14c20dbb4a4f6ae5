//! `VECTOR`: a list of single-precision numbers.
//!
//! <https://dev.mysql.com/doc/refman/9.4/en/vector.html>

use std::fmt;

/// A `VECTOR` of MySQL 9, borrowed from its row. It has at most as many entries as its column declares. Each is finite:
/// the server rejects others.
#[derive(Clone, Copy)]
pub struct Vector<'a> {
    /// In the encoding of both protocols: little-endian.
    entries: &'a [[u8; 4]],
}

impl<'a> Vector<'a> {
    /// Returns `None` if the length is not a multiple of four.
    pub(crate) fn from_wire(bytes: &'a [u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks();
        rest.is_empty().then_some(Self { entries })
    }

    /// The number of entries.
    #[must_use]
    pub fn len(self) -> usize {
        self.entries.len()
    }

    /// Whether the vector has no entries.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.entries.is_empty()
    }

    /// Iterates over the entries, in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = f32> + DoubleEndedIterator + use<'a> {
        self.entries.iter().map(|entry| f32::from_le_bytes(*entry))
    }

    /// The entries as the server sends and accepts them: four bytes each, little-endian.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.entries.as_flattened()
    }
}

/// Compares the entries as numbers, not as bytes: NaN is not equal to itself.
impl PartialEq for Vector<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Formats the entries as a list: `[1.0, 2.5]`
impl fmt::Debug for Vector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_little_endian() {
        let bytes = b"\0\0\x80\x3F\0\0\x20\xC0";
        let vector = Vector::from_wire(bytes).unwrap();
        assert_eq!((vector.len(), vector.is_empty()), (2, false));
        assert_eq!(vector.iter().collect::<Vec<_>>(), [1.0, -2.5]);
        assert_eq!(vector.as_bytes(), bytes);
        assert_eq!(format!("{vector:?}"), "[1.0, -2.5]");
        assert!(Vector::from_wire(b"").unwrap().is_empty());
        for cut in [1, 2, 3, 5, 6, 7] {
            assert_eq!(Vector::from_wire(&bytes[..cut]), None);
        }
    }
}
