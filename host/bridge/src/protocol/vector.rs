//! `VECTOR`: single-precision numbers, one after the other.
//!
//! <https://dev.mysql.com/doc/refman/9.4/en/vector.html>

use std::fmt;

/// A `VECTOR` of MySQL 9, borrowed from its row. It holds up to as many entries as its column is declared with, and
/// each is finite: the server takes no others.
#[derive(Clone, Copy)]
pub struct Vector<'a> {
    /// As they lie on the wire, in both protocols: little-endian.
    entries: &'a [[u8; 4]],
}

impl<'a> Vector<'a> {
    /// None if the bytes are not of whole entries.
    pub(crate) fn from_wire(bytes: &'a [u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks();
        rest.is_empty().then_some(Self { entries })
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in their order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = f32> + DoubleEndedIterator + use<'a> {
        self.entries.iter().map(|entry| f32::from_le_bytes(*entry))
    }

    /// The entries as the server sends them, and takes them back: four bytes each, little-endian.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.entries.as_flattened()
    }
}

/// As of numbers, and not of bytes: a NaN is unlike itself.
impl PartialEq for Vector<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// `[1.0, 2.5]`
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
