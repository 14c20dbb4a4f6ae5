//! A value that is not decoded yet, and fast paths from it to Rust's types.
//!
//! Returning a [`Value`](super::Value) or a detailed error costs more than decoding a number. The fast paths therefore
//! decode common types directly from the packet. If one fails, for whatever reason, the caller falls back to the slow
//! path through `Value`, which can describe the error.

use std::str;

use super::binary_row;
use super::column::ColumnKind;
use super::decimal;
use super::row::Encoding;
use super::temporal::DateTime;
use super::text_row;
use super::value::Value;
use super::visit::Get;

/// A value in its encoding in the packet.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    pub(crate) kind: ColumnKind,
    pub(crate) encoding: Encoding,
    /// `None` for NULL.
    pub(crate) bytes: Option<&'a [u8]>,
    /// The same bytes, if they have already been validated as UTF-8.
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
