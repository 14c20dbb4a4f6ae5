//! Text from untrusted sources.
//!
//! [`Printable`] escapes it for display, and [`utf8_text`] reads files as editors save them.
//!
//! ```
//! use rds_bridge_text::Printable;
//!
//! assert_eq!(Printable("a\u{1b}[31mb").to_string(), r"a\u{1b}[31mb");
//! ```

mod printable;
mod utf8_text;

pub use printable::{Printable, PrintableLines, escape, write_escape};
pub use utf8_text::{NotUtf8, is_utf16, utf8_text, without_byte_order_mark};
