//! What `#[workflow]` was put on, taken apart: the names it gives rise to, its parameters, its options and its body.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Pat, Type, Visibility};

/// An annotated function.
pub(crate) struct Model {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// The function's name, which the type shares.
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Parameter>,
    /// The declared return type; `()` if there is none.
    pub(crate) output: Type,
    pub(crate) options: Options,
    /// The body's tokens with their braces.
    pub(crate) body: TokenStream,
    /// The function's head as it was written.
    pub(crate) signature: syn::Signature,
    /// Whether other items can stand beside the function. They cannot beside a method; that it is one has been reported.
    pub(crate) beside: bool,
}

pub(crate) struct Parameter {
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    /// The pattern's own identifier, or `argument0`, …
    pub(crate) field: Ident,
    /// Whether `ty` is what was written. Else that could not be used, which has been reported.
    pub(crate) usable: bool,
}

/// What stands in the attribute.
pub(crate) struct Options {
    /// The durable name.
    pub(crate) name: Option<syn::LitStr>,
    /// The limit of a whole run.
    pub(crate) timeout: Option<TokenStream>,
    /// What makes states of this version out of older ones.
    pub(crate) upgrade: Option<syn::Path>,
    /// Where `sayiir` is found.
    pub(crate) krate: TokenStream,
}

impl Default for Options {
    fn default() -> Self {
        Self { name: None, timeout: None, upgrade: None, krate: quote!(::sayiir) }
    }
}

impl Model {
    /// The durable name.
    pub(crate) fn durable_name(&self) -> String {
        self.options.name.as_ref().map_or_else(|| bare(&self.name), syn::LitStr::value)
    }

    /// `ExpenseApprovalState`.
    pub(crate) fn state_name(&self) -> Ident {
        format_ident!("{}State", upper_camel(&bare(&self.name)), span = self.name.span())
    }

    /// A token's place with the user's hygiene, so that a report there does not speak of the attribute.
    pub(crate) fn user_span(&self, at: proc_macro2::Span) -> proc_macro2::Span {
        at.resolved_at(self.name.span())
    }

    /// The path of what generated code may name.
    pub(crate) fn private(&self) -> TokenStream {
        let krate = &self.options.krate;
        quote!(#krate::__private)
    }
}

/// How a return type reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnForm {
    /// Its last path segment is `Result`.
    Result,
    /// Its last path segment is `Option`.
    Option,
    /// Anything else.
    Plain,
}

/// How a return type reads, by its last path segment.
pub(crate) fn form_of(ty: &Type) -> ReturnForm {
    match ty {
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "Result" => ReturnForm::Result,
            Some(last) if last.ident == "Option" => ReturnForm::Option,
            Some(_) | None => ReturnForm::Plain,
        },
        Type::Paren(inner) => form_of(&inner.elem),
        Type::Group(inner) => form_of(&inner.elem),
        _ => ReturnForm::Plain,
    }
}

/// Whether a return type reads as fallible.
pub(crate) fn is_result(ty: &Type) -> bool {
    form_of(ty) == ReturnForm::Result
}

/// An identifier without `r#`.
pub(crate) fn bare(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

/// `manager_approval`, `manager-approval` → `ManagerApproval`.
pub(crate) fn upper_camel(name: &str) -> String {
    let mut out = String::new();
    for word in name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        out.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        out.push_str(letters.as_str());
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'N');
    }
    out
}

/// `ManagerApproval` → `manager_approval`; other characters than letters and digits → `_`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_alphanumeric() {
            if letter.is_uppercase() && after_lower {
                out.push('_');
            }
            after_lower = letter.is_lowercase() || letter.is_ascii_digit();
            out.extend(letter.to_lowercase());
        } else {
            out.push('_');
            after_lower = false;
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{snake, upper_camel};

    #[test]
    fn names_of_variants_and_constants() {
        assert_eq!(upper_camel("manager_approval"), "ManagerApproval");
        assert_eq!(upper_camel("manager-approval"), "ManagerApproval");
        assert_eq!(upper_camel("2nd"), "N2nd");
        assert_eq!(snake("ManagerApproval"), "manager_approval");
        assert_eq!(snake("manager-approval"), "manager_approval");
    }
}
