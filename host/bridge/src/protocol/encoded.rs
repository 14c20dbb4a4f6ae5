//! A value that is not decoded yet, and the short ways from it to Rust's types.
//!
//! [`Value`](super::Value) can hold all there is, and an error all that can be wrong: to hand both on costs
//! more than to decode a number. So what is mostly asked for is read straight from the packet, and where
//! that fails, for whatever reason, the long way is taken, which knows what to say.

use std::str;

use super::binary_row;
use super::column::ColumnKind;
use super::decimal;
use super::row::Encoding;
use super::temporal::DateTime;
use super::text_row;
use super::value::Value;
use super::visit::Get;

/// A value as it lies in its packet.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    pub(crate) kind: ColumnKind,
    pub(crate) encoding: Encoding,
    /// None for NULL.
    pub(crate) bytes: Option<&'a [u8]>,
    /// The same, if it is known already that it is UTF-8.
    pub(crate) text: Option<&'a str>,
}

impl<'a> Encoded<'a> {
    pub(crate) fn value(self) -> Option<Value<'a>> {
        let Some(bytes) = self.bytes else {
            return Some(Value::Null);
        };
        match self.encoding {
            Encoding::Text => text_row::visit(self.kind, bytes, Get),
            Encoding::Binary => binary_row::visit(self.kind, bytes, Get),
        }
    }

    #[inline(always)]
    pub(crate) fn signed(self) -> Option<i64> {
        let bytes = self.bytes_of(ColumnKind::Int)?;
        match self.encoding {
            Encoding::Text => decimal::signed(bytes),
            Encoding::Binary => binary_row::signed(bytes),
        }
    }

    #[inline(always)]
    pub(crate) fn unsigned(self) -> Option<u64> {
        let bytes = self.bytes_of(ColumnKind::UnsignedInt)?;
        match self.encoding {
            Encoding::Text => decimal::unsigned(bytes),
            Encoding::Binary => binary_row::unsigned(bytes),
        }
    }

    #[inline(always)]
    pub(crate) fn double(self) -> Option<f64> {
        let bytes = self.bytes_of(ColumnKind::Double)?;
        match self.encoding {
            Encoding::Text => decimal::double(bytes),
            Encoding::Binary => bytes.try_into().ok().map(f64::from_le_bytes),
        }
    }

    #[inline(always)]
    pub(crate) fn text(self) -> Option<&'a str> {
        match self.kind {
            ColumnKind::Text | ColumnKind::Json | ColumnKind::Decimal => match self.text {
                Some(text) => Some(text),
                None => str::from_utf8(self.bytes?).ok(),
            },
            _ => None,
        }
    }

    #[inline(always)]
    pub(crate) fn date_time(self) -> Option<DateTime> {
        let bytes = self.bytes_of(ColumnKind::DateTime)?;
        match self.encoding {
            Encoding::Text => DateTime::parse(bytes),
            Encoding::Binary => DateTime::from_binary(bytes),
        }
    }

    #[inline(always)]
    fn bytes_of(self, kind: ColumnKind) -> Option<&'a [u8]> {
        match self.kind == kind {
            true => self.bytes,
            false => None,
        }
    }
}
