//! A visitor of values.
//!
//! A function that returns a `Value` writes it to memory with its tag, and its caller matches on the tag again. For a
//! number, that costs more than decoding it. Decoders therefore accept a visitor, which the compiler inlines for each
//! kind.

use super::value::Value;

/// Receives a decoded value.
pub trait Visit<'a> {
    /// What the visitor returns.
    type Output;

    /// Receives the value; `None` if the server's bytes are not of the column's type. Mark the implementation
    /// `#[inline(always)]`; otherwise a visitor is no faster than [`Row::value`](super::Row::value).
    fn visit(self, value: Option<Value<'a>>) -> Self::Output;
}

/// Returns the value.
pub(crate) struct Get;

impl<'a> Visit<'a> for Get {
    type Output = Option<Value<'a>>;

    #[inline(always)]
    fn visit(self, value: Option<Value<'a>>) -> Self::Output {
        value
    }
}
