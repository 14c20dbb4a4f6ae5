//! Rows as wholes: tuples of Rust's types.

use super::binary_row::BinaryValues;
use super::encoded::Encoded;
use super::from_value::{FromValue, ValueError};
use super::row::{Encoding, Row, Shape};
use super::text_row::TextValues;

/// A row as a whole: a tuple of up to 16 types, one for each column, each as [`Row::get`] reads it. One column is
/// a tuple too: `(u64,)`.
///
/// It is read in one pass over the packet, where [`Row::get`] looks up where a value lies.
pub trait FromRow<'a>: Sized + private::FromPacket<'a> {}

impl<'a, T: private::FromPacket<'a>> FromRow<'a> for T {}

/// Values one after the other, as they lie in a row's packet.
pub trait Values<'a>: Sized {
    /// The next one; none if the packet ends before it.
    fn next(&mut self, shape: Shape) -> Option<Encoded<'a>>;

    /// Whether the packet ends here.
    fn is_over(&self) -> bool;
}

pub(crate) mod private {
    use super::{Row, Shape, ValueError, Values};

    pub trait FromPacket<'a>: Sized {
        /// None says nothing: then [`Self::from_row`] is asked, which knows why not.
        fn from_values<V: Values<'a>>(shapes: &[Shape], values: V) -> Option<Self>;

        fn from_row(row: Row<'a>) -> Result<Self, ValueError>;
    }
}

/// The short way, for a row that is what it should be.
#[inline(always)]
pub(crate) fn read<'a, T: FromRow<'a>>(
    encoding: Encoding,
    shapes: &[Shape],
    has_text: bool,
    payload: &'a [u8],
) -> Option<T> {
    match encoding {
        Encoding::Text => T::from_values(shapes, TextValues::new(payload, has_text)),
        Encoding::Binary => T::from_values(shapes, BinaryValues::new(payload, shapes.len())?),
    }
}

macro_rules! tuples {
    ($(($count:literal: $($type:ident $at:tt),+))+) => {$(
        impl<'a, $($type: FromValue<'a>),+> private::FromPacket<'a> for ($($type,)+) {
            #[inline(always)]
            fn from_values<V: Values<'a>>(shapes: &[Shape], mut values: V) -> Option<Self> {
                let shapes: &[Shape; $count] = shapes.try_into().ok()?;
                let row = ($($type::from_encoded(values.next(shapes[$at])?)?,)+);
                values.is_over().then_some(row)
            }

            #[cold]
            fn from_row(row: Row<'a>) -> Result<Self, ValueError> {
                let columns = row.columns().len();
                if columns != $count {
                    return Err(ValueError::ColumnCount { columns, expected: $count });
                }
                Ok(($(row.get::<$type>($at)?,)+))
            }
        }
    )+};
}

tuples! {
    (1: A 0)
    (2: A 0, B 1)
    (3: A 0, B 1, C 2)
    (4: A 0, B 1, C 2, D 3)
    (5: A 0, B 1, C 2, D 3, E 4)
    (6: A 0, B 1, C 2, D 3, E 4, F 5)
    (7: A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
    (13: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12)
    (14: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13)
    (15: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14)
    (16: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15)
}
