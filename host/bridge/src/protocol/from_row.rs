//! Whole rows as tuples and structs.

use super::binary_row::BinaryValues;
use super::encoded::Encoded;
use super::from_value::{FromValue, ValueError};
use super::result_set::ResultSet;
use super::row::{Encoding, Row, Shape};
use super::text_row::TextValues;

/// A type that a row can be read as.
///
/// | type | reads |
/// |---|---|
/// | a tuple of 1 to 16 types, such as `(u64, &str)` or `(u64,)` | each column by its position; their number must be the same |
/// | a struct with `#[derive(FromRow)]` (feature `derive`) | each field from the column of its name, a tuple struct by position |
/// | [`OwnedRow`](super::OwnedRow) | a copy of the row |
///
/// Tuples and derived structs are read in one pass over the packet, which is faster than [`Row::get`] for each column.
/// For a derived struct this holds if the result has exactly its columns, in the order of its fields.
///
/// ```
/// # #[cfg(feature = "derive")]
/// # mod derived {
/// use rds_bridge::mysql::FromRow;
///
/// #[derive(FromRow)]
/// struct Item {
///     id: u64,
///     #[from_row(rename = "item_name")]
///     name: Option<String>,
/// }
/// # }
/// ```
///
/// Implement it by hand for any other mapping:
///
/// ```
/// use rds_bridge::mysql::{FromRow, Row, ValueError};
///
/// struct Item {
///     id: u64,
///     name: String,
/// }
///
/// impl FromRow<'_> for Item {
///     fn from_row(row: Row<'_>) -> Result<Self, ValueError> {
///         Ok(Self {
///             id: row.get("id")?,
///             name: row.get::<Option<String>>("name")?.unwrap_or_default(),
///         })
///     }
/// }
/// ```
pub trait FromRow<'r>: Sized {
    /// The columns of a derived struct, in the order of its fields. `None` reads by position.
    #[doc(hidden)]
    const COLUMNS: Option<&'static [&'static str]> = None;

    /// Reads a row.
    ///
    /// # Errors
    ///
    /// [`ValueError`], if a column is missing, or a value cannot be read as the type of its field.
    fn from_row(row: Row<'r>) -> Result<Self, ValueError>;

    /// Reads the values in one pass. `None` if that fails, or is not implemented: [`Self::from_row`] then reads the
    /// row, or returns the error.
    #[doc(hidden)]
    #[inline(always)]
    fn from_values<V: Values<'r>>(_shapes: &[Shape], _values: V) -> Option<Self> {
        None
    }
}

/// The values of a row, in the order of the packet.
pub trait Values<'a>: Sized {
    /// Reads the next value; `None` if the packet ends before the end of the value.
    fn next(&mut self, shape: Shape) -> Option<Encoded<'a>>;

    /// Whether all bytes of the packet have been read.
    fn is_over(&self) -> bool;
}

/// Reads a row in one pass; `None` if that is not possible.
#[inline(always)]
pub(crate) fn read<'r, T: FromRow<'r>>(result: &mut ResultSet, payload: &'r [u8]) -> Option<T> {
    if let Some(names) = T::COLUMNS
        && !result.has_names(names)
    {
        return None;
    }
    let shapes = &*result.shapes;
    match result.encoding {
        Encoding::Text => T::from_values(shapes, TextValues::new(payload, result.has_text)),
        Encoding::Binary => T::from_values(shapes, BinaryValues::new(payload, shapes.len())?),
    }
}

macro_rules! tuples {
    ($(($count:literal: $($type:ident $at:tt),+))+) => {$(
        impl<'a, $($type: FromValue<'a>),+> FromRow<'a> for ($($type,)+) {
            #[inline(always)]
            fn from_values<V: Values<'a>>(shapes: &[Shape], mut values: V) -> Option<Self> {
                let shapes: &[Shape; $count] = shapes.try_into().ok()?;
                let row = ($($type::from_encoded(values.next(shapes[$at])?)?,)+);
                values.is_over().then_some(row)
            }

            #[cold]
            fn from_row(row: Row<'a>) -> Result<Self, ValueError> {
                row.check_column_count($count)?;
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
