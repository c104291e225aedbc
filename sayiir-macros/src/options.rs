//! What stands in the parentheses of `#[task(..)]` and `#[workflow(..)]`.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Lit, LitStr, Token};

use crate::diagnostics::Errors;

/// One `key` or `key = value`.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Option<Expr>,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Self { key, value })
    }
}

/// Reads the entries, refuses unknown and repeated keys. `known` lists each key with an example.
pub(crate) fn parse(
    tokens: TokenStream,
    what: &str,
    known: &[(&str, &str)],
    errors: &mut Errors,
) -> Vec<Entry> {
    let entries = match Punctuated::<Entry, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(entries) => entries,
        Err(error) => {
            errors.take(error);
            return Vec::new();
        }
    };
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries {
        if !known.iter().any(|(key, _)| entry.key == key) {
            let list: Vec<String> = known.iter().map(|(_, example)| format!("`{example}`")).collect();
            errors.on(
                &entry.key,
                format!("`{}` is not an option of `#[{what}]`; there are {}", entry.key, list.join(", ")),
            );
        } else if kept.iter().any(|other| other.key == entry.key) {
            errors.on(&entry.key, format!("`{}` is given twice", entry.key));
        } else {
            kept.push(entry);
        }
    }
    kept
}

impl Entry {
    /// The value, or an error that shows an example.
    pub(crate) fn expect(&self, example: &str, errors: &mut Errors) -> Option<&Expr> {
        if self.value.is_none() {
            errors.on(&self.key, format!("`{}` wants a value: write `{example}`", self.key));
        }
        self.value.as_ref()
    }

    /// A string literal.
    pub(crate) fn text(&self, example: &str, errors: &mut Errors) -> Option<LitStr> {
        match self.expect(example, errors)? {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) if !text.value().is_empty() => {
                Some(text.clone())
            }
            other => {
                errors.on(other, format!("`{}` wants a text that is not empty: write `{example}`", self.key));
                None
            }
        }
    }

    /// A whole number of at least `least`.
    pub(crate) fn number(&self, least: u32, example: &str, errors: &mut Errors) -> Option<u32> {
        let value = self.expect(example, errors)?;
        let number = match value {
            Expr::Lit(syn::ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse::<u32>().ok(),
            _ => None,
        };
        match number.filter(|number| *number >= least) {
            Some(number) => Some(number),
            None => {
                errors.on(
                    value,
                    format!("`{}` wants a whole number from {least} on: write `{example}`", self.key),
                );
                None
            }
        }
    }

    /// A path.
    pub(crate) fn path(&self, example: &str, errors: &mut Errors) -> Option<syn::Path> {
        match self.expect(example, errors)? {
            Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
            other => {
                errors.on(other, format!("`{}` wants a path: write `{example}`", self.key));
                None
            }
        }
    }

    /// Nothing.
    pub(crate) fn flag(&self, errors: &mut Errors) {
        if let Some(value) = &self.value {
            errors.on(value, format!("`{}` takes no value: write it alone", self.key));
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }
}
