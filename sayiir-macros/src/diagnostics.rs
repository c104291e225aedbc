//! The one sink for everything the compiler has to say to the user.
//!
//! Every pass reports all that it finds, on the smallest of the user's tokens; the next pass starts only if the sink is
//! empty. A message says what is wrong, why where that is not evident, and what to write instead.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The errors found so far, in the order of discovery.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Reports on these tokens.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports on this span.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Takes over what syn found.
    pub(crate) fn take(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` for each.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    /// The messages with the text they are on, for tests.
    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

/// The same tokens, all at one place: where rustc finds fault with them, it points there.
///
/// The place is a token of the user's, with the user's own hygiene, so that the report does not speak of our attribute. Only
/// for tokens that name things by absolute paths.
pub(crate) fn placed(tokens: TokenStream, span: Span) -> TokenStream {
    let place = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            let mut placed = Group::new(group.delimiter(), self::placed(group.stream(), span));
            placed.set_span(span);
            TokenTree::Group(placed)
        }
        mut other => {
            other.set_span(span);
            other
        }
    };
    tokens.into_iter().map(place).collect()
}
