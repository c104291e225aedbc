//! The arguments of macros: tokens first, expressions where they are.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Expr, Token};

use super::super::ir::Effect;
use super::visitor::Resolver;

impl Resolver<'_> {
    /// Counts what a macro's arguments use, and writes the right names.
    pub(super) fn macro_call(&mut self, call: &mut syn::Macro) {
        let mut arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone());
        let before = self.effect.clone();
        call.tokens = self.tokens(call.tokens.clone());
        // Where the arguments are expressions, their own variables (a closure's parameters) do not count.
        if let Ok(expressions) = &mut arguments {
            let mut exact = Resolver { effect: Effect::default(), local: self.local.clone(), ..*self };
            for expression in expressions {
                if let Expr::Assign(named) = expression {
                    exact.visit_expr_mut(&mut named.right);
                } else {
                    exact.visit_expr_mut(expression);
                }
            }
            let found = std::mem::replace(&mut self.effect, before);
            let literal_captures = {
                let mut captures = Resolver { effect: Effect::default(), local: self.local.clone(), ..*self };
                captures.all_captures(call.tokens.clone());
                captures.effect
            };
            self.effect.uses.extend(found.uses.intersection(&exact.effect.uses));
            self.effect.places.extend(found.places);
            self.effect.uses.extend(literal_captures.uses);
            self.effect.assigns.extend(exact.effect.assigns);
            self.effect.changes.extend(exact.effect.changes);
        }
    }

    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let mut out: Vec<TokenTree> = Vec::new();
        let mut captured: Vec<(Ident, Ident)> = Vec::new();
        let mut input = tokens.into_iter().peekable();
        while let Some(token) = input.next() {
            let token = match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.tokens(group.stream()));
                    inner.set_span(group.span());
                    TokenTree::Group(inner)
                }
                TokenTree::Ident(ident)
                    if ident == "run_id"
                        && matches!(input.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!') =>
                {
                    input.next();
                    input.next();
                    TokenTree::Group(Group::new(proc_macro2::Delimiter::Parenthesis, run_id(ident.span())))
                }
                TokenTree::Ident(mut ident) => {
                    let next = input.peek();
                    if !follows_path_or_dot(&out)
                        && !matches!(next, Some(TokenTree::Punct(p)) if p.as_char() == '!' && p.spacing() == proc_macro2::Spacing::Alone)
                    {
                        self.use_name(&mut ident);
                    }
                    TokenTree::Ident(ident)
                }
                TokenTree::Literal(literal) => {
                    captured.extend(self.captures(&literal));
                    TokenTree::Literal(literal)
                }
                punct @ TokenTree::Punct(_) => punct,
            };
            out.push(token);
        }
        // A capture of a variable that is written under another hygiene becomes an explicit argument.
        if !captured.is_empty() && matches!(out.last(), Some(TokenTree::Punct(p)) if p.as_char() == ',') {
            out.pop();
        }
        let arguments = captured.iter().map(|(name, written)| quote!(, #name = #written));
        let arguments = quote!(#(#arguments)*);
        out.into_iter().chain(arguments).collect()
    }

    /// Counts what a format string captures; returns those that need an explicit argument.
    fn captures(&mut self, literal: &proc_macro2::Literal) -> Vec<(Ident, Ident)> {
        let Ok(text) = syn::parse2::<syn::LitStr>(literal.to_token_stream()) else {
            return Vec::new();
        };
        let mut explicit = Vec::new();
        for name in captured_names(&text.value()) {
            // A format string names `r#type` by `type`.
            let mut ident =
                syn::parse_str::<Ident>(&name).unwrap_or_else(|_| Ident::new_raw(&name, literal.span()));
            ident.set_span(literal.span());
            let user = ident.clone();
            if self.use_name(&mut ident) {
                explicit.push((user, ident));
            }
        }
        explicit
    }

    fn all_captures(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.all_captures(group.stream()),
                TokenTree::Literal(literal) => drop(self.captures(&literal)),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// What `run_id!()` stands for: the step knows it.
pub(super) fn run_id(span: proc_macro2::Span) -> TokenStream {
    let step = super::super::expand::own("step");
    quote::quote_spanned!(span=> ::core::clone::Clone::clone(#step.run()))
}

fn follows_path_or_dot(before: &[TokenTree]) -> bool {
    let punct = |back: usize| match before.len().checked_sub(back).map(|index| &before[index]) {
        Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
        Some(_) | None => None,
    };
    match (punct(1), punct(2)) {
        (Some('.'), Some('.')) => false,
        (Some('.'), _) | (Some(':'), Some(':')) => true,
        (_, _) => false,
    }
}

/// The names in `{name}`, `{name:?}` and `{0:width$}` of a format string.
fn captured_names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text = text.replace("{{", "").replace("}}", "");
    for part in text.split('{').skip(1) {
        let Some((inside, _)) = part.split_once('}') else {
            continue;
        };
        let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
        let words = std::iter::once(name.trim()).chain(
            format
                .split('$')
                .filter_map(|piece| piece.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()),
        );
        for word in words {
            let starts_well = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if starts_well && !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
        }
    }
    found
}
