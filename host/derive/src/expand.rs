//! The implementation of `FromRow` for a struct.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Error, Fields, GenericParam, Index, Lifetime, LifetimeParam};

use crate::field::MappedField;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream, Error> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(
            &input.ident,
            "FromRow can be derived for structs, not for enums and unions",
        ));
    };
    let fields = data.fields.iter().map(MappedField::read);
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    let read: Vec<&MappedField<'_>> = fields.iter().filter(|field| !field.is_skipped).collect();
    if read.is_empty() {
        return Err(Error::new_spanned(
            &input.ident,
            "at least one field must be read from a column: all are skipped",
        ));
    }
    check_names(input, &read)?;

    let columns = columns(&data.fields, &read);
    let count = read.len();
    let count_check = count_check(&data.fields, count);
    let from_row = initializers(&fields, |field, position| match &field.column {
        Some(name) => quote!(row.only(#name)?),
        None => quote!(row.get(#position)?),
    });
    let from_values = initializers(
        &fields,
        |_, position| quote!(::rds_bridge::mysql::FromValue::from_encoded(values.next(*shapes.get(#position)?)?)?),
    );

    let (lifetime, generics) = row_lifetime(input);
    let (impl_generics, _, _) = generics.split_for_impl();
    let (_, type_generics, where_clause) = input.generics.split_for_impl();
    let ident = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::rds_bridge::mysql::FromRow<#lifetime> for #ident #type_generics #where_clause {
            const COLUMNS: ::core::option::Option<&'static [&'static str]> = #columns;

            fn from_row(
                row: ::rds_bridge::mysql::Row<#lifetime>,
            ) -> ::core::result::Result<Self, ::rds_bridge::mysql::ValueError> {
                #count_check
                ::core::result::Result::Ok(Self { #from_row })
            }

            #[inline(always)]
            fn from_values<__V: ::rds_bridge::__private::Values<#lifetime>>(
                shapes: &[::rds_bridge::__private::Shape],
                mut values: __V,
            ) -> ::core::option::Option<Self> {
                let shapes: &[::rds_bridge::__private::Shape; #count] =
                    ::core::convert::TryFrom::try_from(shapes).ok()?;
                let read = Self { #from_values };
                values.is_over().then_some(read)
            }
        }
    })
}

/// The constant `COLUMNS`: the names of a struct's columns; none for a tuple struct.
fn columns(fields: &Fields, read: &[&MappedField<'_>]) -> TokenStream {
    match fields {
        Fields::Named(_) => {
            let names = read.iter().filter_map(|field| field.column.as_deref());
            quote!(::core::option::Option::Some(&[#(#names),*]))
        }
        _ => quote!(::core::option::Option::None),
    }
}

/// A tuple struct is read by position, so the number of columns must be the same.
fn count_check(fields: &Fields, count: usize) -> TokenStream {
    match fields {
        Fields::Named(_) => TokenStream::new(),
        _ => quote!(::rds_bridge::mysql::Row::check_column_count(&row, #count)?;),
    }
}

/// Two fields of one column would make every result ambiguous.
fn check_names(input: &DeriveInput, read: &[&MappedField<'_>]) -> Result<(), Error> {
    let mut names = HashSet::new();
    for name in read.iter().filter_map(|field| field.column.as_deref()) {
        if !names.insert(name) {
            let problem = format!("two fields are read from the column {name}");
            return Err(Error::new_spanned(&input.ident, problem));
        }
    }
    Ok(())
}

/// `field: value`, for each field.
fn initializers(
    fields: &[MappedField<'_>],
    value: impl Fn(&MappedField<'_>, usize) -> TokenStream,
) -> TokenStream {
    let mut position = 0_usize;
    let mut initializers = TokenStream::new();
    for (index, field) in fields.iter().enumerate() {
        let name = match field.ident {
            Some(ident) => ident.to_token_stream(),
            None => Index::from(index).to_token_stream(),
        };
        let value = if field.is_skipped {
            quote!(::core::default::Default::default())
        } else {
            let value = value(field, position);
            position = position.saturating_add(1);
            let ty = field.ty;
            if field.has_default {
                quote!(<::core::option::Option<#ty>>::unwrap_or_default(#value))
            } else {
                value
            }
        };
        initializers.extend(quote!(#name: #value,));
    }
    initializers
}

/// The lifetime of the row: the struct's own, if it has one, since it borrows from the row. Else a new one.
fn row_lifetime(input: &DeriveInput) -> (Lifetime, syn::Generics) {
    let mut generics = input.generics.clone();
    if let Some(own) = input.generics.lifetimes().next() {
        return (own.lifetime.clone(), generics);
    }
    let lifetime = Lifetime::new("'__row", Span::call_site());
    let param = GenericParam::Lifetime(LifetimeParam::new(lifetime.clone()));
    generics.params.insert(0, param);
    (lifetime, generics)
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn problem(input: DeriveInput) -> String {
        expand(&input).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_mapped_does_not_compile() {
        let input: DeriveInput = parse_quote! { enum Item { One } };
        assert_eq!(
            problem(input),
            "FromRow can be derived for structs, not for enums and unions"
        );
        let input: DeriveInput = parse_quote! { struct Item; };
        assert_eq!(
            problem(input),
            "at least one field must be read from a column: all are skipped"
        );
        let input: DeriveInput = parse_quote! {
            struct Item { #[from_row(skip)] id: u64 }
        };
        assert_eq!(
            problem(input),
            "at least one field must be read from a column: all are skipped"
        );
        let input: DeriveInput = parse_quote! {
            struct Item { id: u64, #[from_row(rename = "id")] other: u64 }
        };
        assert_eq!(problem(input), "two fields are read from the column id");
    }

    #[test]
    fn wrong_attributes_do_not_compile() {
        let input: DeriveInput = parse_quote! {
            struct Item { #[from_row(renamed = "x")] id: u64 }
        };
        assert_eq!(
            problem(input),
            "expected `rename = \"…\"`, `default` or `skip`"
        );
        let input: DeriveInput = parse_quote! {
            struct Item { #[from_row(rename = "")] id: u64 }
        };
        assert_eq!(problem(input), "the name of a column cannot be empty");
        let input: DeriveInput = parse_quote! {
            struct Item { id: u64, #[from_row(skip, rename = "x")] other: u64 }
        };
        assert_eq!(problem(input), "a skipped field has no column");
        let input: DeriveInput = parse_quote! {
            struct Item { #[from_row(default, default)] id: u64 }
        };
        assert_eq!(problem(input), "the attribute is repeated");
        let input: DeriveInput = parse_quote! {
            struct Item { id: u64, #[from_row(skip, default)] other: u64 }
        };
        assert_eq!(
            problem(input),
            "a skipped field always gets its default value: remove `default`"
        );
        let input: DeriveInput = parse_quote! {
            struct Item(#[from_row(rename = "x")] u64);
        };
        assert_eq!(
            problem(input),
            "a tuple struct is read by position: its fields have no column names"
        );
    }

    #[test]
    fn the_row_has_the_lifetime_of_the_struct() {
        let borrowed: DeriveInput = parse_quote! { struct Item<'a> { name: &'a str } };
        let (lifetime, generics) = row_lifetime(&borrowed);
        assert_eq!(lifetime.to_string(), "'a");
        assert_eq!(generics.lifetimes().count(), 1);
        let owned: DeriveInput = parse_quote! { struct Item<T> { value: T } };
        let (lifetime, generics) = row_lifetime(&owned);
        assert_eq!(lifetime.to_string(), "'__row");
        assert_eq!(generics.params.len(), 2);
    }
}
