//! What stands in the parentheses of `#[task(..)]` and `#[workflow(..)]`.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Lit, LitStr};

use crate::diagnostics::Errors;

/// One `key` or `key = value`.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Option<Expr>,
}

/// Reads the entries, refuses unknown and repeated keys. `known` lists each key with an example. A mistake in one entry
/// leaves the others as they are.
pub(crate) fn parse(
    tokens: TokenStream,
    what: &str,
    known: &[(&str, &str)],
    errors: &mut Errors,
) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::new();
    for written in separated(tokens) {
        let Some(entry) = read(&written, what, known, errors) else { continue };
        if kept.iter().any(|other| other.key == entry.key) {
            errors.on(&entry.key, format!("`{}` is given twice: keep one of them", entry.key));
        } else {
            kept.push(entry);
        }
    }
    kept
}

/// What stands between the commas.
fn separated(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    tokens.split(is_comma).filter(|part| !part.is_empty()).map(<[TokenTree]>::to_vec).collect()
}

fn read(written: &[TokenTree], what: &str, known: &[(&str, &str)], errors: &mut Errors) -> Option<Entry> {
    let is_equals = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '=');
    let equals = written.iter().position(is_equals);
    let name = &written[..equals.unwrap_or(1)];
    let text: String = name.iter().map(ToString::to_string).collect();
    let example = known.iter().find(|(key, _)| *key == text).map(|(_, example)| *example);
    let (Some(example), [TokenTree::Ident(key)]) = (example, name) else {
        let list: Vec<String> = known.iter().map(|(_, example)| format!("`{example}`")).collect();
        errors.on(
            name.iter().cloned().collect::<TokenStream>(),
            format!("`{text}` is not an option of `#[{what}]`; there are {}", list.join(", ")),
        );
        return None;
    };
    let Some(equals) = equals else {
        if let Some(next) = written.get(1) {
            errors.on(next, format!("this cannot stand here: write `{example}`"));
            return None;
        }
        return Some(Entry { key: key.clone(), value: None });
    };
    value(&written[equals + 1..], key, example, errors)
        .map(|value| Entry { key: key.clone(), value: Some(value) })
}

/// The value behind the `=`.
fn value(written: &[TokenTree], key: &Ident, example: &str, errors: &mut Errors) -> Option<Expr> {
    let Some(first) = written.first() else {
        errors.on(key, format!("`{key}` wants a value: write `{example}`"));
        return None;
    };
    let parser = |input: ParseStream<'_>| {
        let value = input.parse::<Expr>().ok();
        let rest: TokenStream = input.parse()?;
        Ok((value, rest.into_iter().next()))
    };
    match parser.parse2(written.iter().cloned().collect()) {
        Ok((Some(value), None)) => return Some(value),
        Ok((Some(_), Some(next))) => {
            errors.on(next, "options are separated by commas: write a `,` before this");
        }
        Ok((None, _)) | Err(_) => errors.on(first, format!("this is not a value: write `{example}`")),
    }
    None
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
