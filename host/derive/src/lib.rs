//! `#[derive(FromRow)]` for [rds-bridge](https://docs.rs/rds-bridge), which exports it with its feature `derive`.
//!
//! | attribute of a field | effect |
//! |---|---|
//! | `#[from_row(rename = "item_id")]` | reads the column of this name |
//! | `#[from_row(default)]` | takes `Default::default()` for NULL |
//! | `#[from_row(skip)]` | reads no column, and takes `Default::default()` |

mod expand;
mod field;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Reads a struct from a row: each field from the one column of its name; a tuple struct by position.
#[proc_macro_derive(FromRow, attributes(from_row))]
pub fn from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
