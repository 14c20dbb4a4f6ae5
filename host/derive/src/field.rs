//! A field and its attributes.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Error, Field, Ident, LitStr, Type};

/// Where a field's value comes from.
pub(crate) struct MappedField<'a> {
    /// `None` in a tuple struct.
    pub(crate) ident: Option<&'a Ident>,
    pub(crate) ty: &'a Type,
    /// The column's name. `None` in a tuple struct.
    pub(crate) column: Option<String>,
    pub(crate) is_skipped: bool,
    pub(crate) has_default: bool,
}

impl<'a> MappedField<'a> {
    pub(crate) fn read(field: &'a Field) -> Result<Self, Error> {
        let ident = field.ident.as_ref();
        let mut mapped = Self {
            ident,
            ty: &field.ty,
            column: ident.map(|ident| ident.unraw().to_string()),
            is_skipped: false,
            has_default: false,
        };
        let mut rename: Option<(String, Span)> = None;
        let mut given = HashSet::new();
        for attribute in &field.attrs {
            if !attribute.path().is_ident("from_row") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                let name = meta.path.get_ident().map(ToString::to_string);
                if !name.is_none_or(|name| given.insert(name)) {
                    return Err(meta.error("the attribute is repeated"));
                }
                if meta.path.is_ident("skip") {
                    mapped.is_skipped = true;
                } else if meta.path.is_ident("default") {
                    mapped.has_default = true;
                } else if meta.path.is_ident("rename") {
                    let name: LitStr = meta.value()?.parse()?;
                    rename = Some((name.value(), name.span()));
                } else {
                    return Err(meta.error("expected `rename = \"…\"`, `default` or `skip`"));
                }
                Ok(())
            })?;
        }
        if let Some((name, span)) = rename {
            let problem = match (ident, mapped.is_skipped, name.is_empty()) {
                (None, _, _) => {
                    Some("a tuple struct is read by position: its fields have no column names")
                }
                (_, true, _) => Some("a skipped field has no column"),
                (_, _, true) => Some("the name of a column cannot be empty"),
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(Error::new(span, problem));
            }
            mapped.column = Some(name);
        }
        if mapped.is_skipped && mapped.has_default {
            let problem = "a skipped field always gets its default value: remove `default`";
            return Err(Error::new_spanned(field, problem));
        }
        Ok(mapped)
    }
}
