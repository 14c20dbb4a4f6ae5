//! A value handed on where it is read.
//!
//! As what a function returns, a value goes through memory, tag and all, and the next one asks again which
//! kind it is: for a number that costs more than to read it. So the readers of values take what is to be done
//! with one, and for each kind there is code of its own.

use super::value::Value;

/// What is to be done with a value.
pub trait Visit<'a> {
    /// What comes of it.
    type Output;

    /// Takes the value; none if the server's bytes are not what the column holds. To be inlined: else nothing
    /// is won.
    fn visit(self, value: Option<Value<'a>>) -> Self::Output;
}

/// Gives the value back.
pub(crate) struct Get;

impl<'a> Visit<'a> for Get {
    type Output = Option<Value<'a>>;

    #[inline(always)]
    fn visit(self, value: Option<Value<'a>>) -> Self::Output {
        value
    }
}
