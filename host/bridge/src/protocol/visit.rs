//! A visitor of values.
//!
//! A function that returns a `Value` writes it to memory with its tag, and its caller matches on the tag again: for a
//! number that costs more than decoding it. So decoders take a visitor, and the compiler inlines it for each kind.

use super::value::Value;

/// Receives a decoded value.
pub trait Visit<'a> {
    /// What the visitor returns.
    type Output;

    /// Receives the value; `None` if the server's bytes are not of the column's type. Mark it `#[inline(always)]`:
    /// otherwise nothing is gained.
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
