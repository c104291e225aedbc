//! The arguments of macros: tokens first, expressions where they are.

use proc_macro2::{Group, Ident, Spacing, TokenStream, TokenTree};
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
        let written = call.tokens.clone();
        let mut arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(written.clone());
        let before = self.effect.clone();
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        call.tokens = self.tokens(written.clone(), name.is_some_and(|name| may_format(&name)));
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
            let mut found = std::mem::replace(&mut self.effect, before);
            let literal_captures = {
                let mut captures = Resolver { effect: Effect::default(), local: self.local.clone(), ..*self };
                captures.all_captures(written);
                captures.effect
            };
            found.uses.keep(&exact.effect.uses);
            self.effect.uses.add(&found.uses);
            self.effect.places.extend(found.places);
            self.effect.uses.add(&literal_captures.uses);
            self.effect.assigns.add(&exact.effect.assigns);
            self.effect.changes.add(&exact.effect.changes);
        }
    }

    /// The tokens with the right names. `formats` says whether a text among them may be a format string.
    fn tokens(&mut self, tokens: TokenStream, formats: bool) -> TokenStream {
        let named = named_arguments(tokens.clone());
        let mut out: Vec<TokenTree> = Vec::new();
        let mut captured: Vec<(Ident, Ident)> = Vec::new();
        let mut input = tokens.into_iter().peekable();
        while let Some(token) = input.next() {
            let token = match token {
                TokenTree::Group(group) => {
                    let formats = called_macro(&out).is_some_and(|name| may_format(&name));
                    let mut inner = Group::new(group.delimiter(), self.tokens(group.stream(), formats));
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
                    let is_named = named.contains(&ident) && is_lone(next, '=') && is_lone(out.last(), ',');
                    if !is_named
                        && !follows_path_or_dot(&out)
                        && !matches!(next, Some(TokenTree::Punct(p)) if p.as_char() == '!' && p.spacing() == proc_macro2::Spacing::Alone)
                    {
                        self.use_name(&mut ident);
                    }
                    TokenTree::Ident(ident)
                }
                TokenTree::Literal(literal) => {
                    let explicit = self.captures(&literal, &named);
                    captured.extend(explicit.into_iter().filter(|_| formats));
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

    /// Counts what a format string captures, which is not what is `named` behind it; returns those that need an explicit
    /// argument.
    fn captures(&mut self, literal: &proc_macro2::Literal, named: &[Ident]) -> Vec<(Ident, Ident)> {
        let mut explicit = Vec::new();
        for mut ident in captured_names(literal).into_iter().filter(|name| !named.contains(name)) {
            let user = ident.clone();
            if self.use_name(&mut ident) {
                explicit.push((user, ident));
            }
        }
        explicit
    }

    fn all_captures(&mut self, tokens: TokenStream) {
        let named = named_arguments(tokens.clone());
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.all_captures(group.stream()),
                TokenTree::Literal(literal) => drop(self.captures(&literal, &named)),
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

/// Whether a macro of this name may take a format string: of those of the standard library that do not, it is known.
fn may_format(name: &str) -> bool {
    !["vec", "concat", "matches", "stringify", "env", "option_env", "include_str"].contains(&name)
}

/// The macro whose arguments come next.
fn called_macro(before: &[TokenTree]) -> Option<String> {
    match before {
        [.., TokenTree::Ident(name), TokenTree::Punct(bang)] if bang.as_char() == '!' => {
            Some(name.to_string())
        }
        _ => None,
    }
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

/// The arguments that a format string and its macro name: `a` in `"{a}", a = 3`.
fn named_arguments(tokens: TokenStream) -> Vec<Ident> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let in_text = |token: &TokenTree| match token {
        TokenTree::Literal(literal) => captured_names(literal),
        TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => Vec::new(),
    };
    let in_text: Vec<Ident> = tokens.iter().flat_map(in_text).collect();
    let named = tokens.windows(3).filter_map(|window| match window {
        [before, TokenTree::Ident(name), after]
            if is_lone(Some(before), ',') && is_lone(Some(after), '=') =>
        {
            Some(name)
        }
        _ => None,
    });
    named.filter(|name| in_text.contains(name)).cloned().collect()
}

/// Whether a token is this sign, and not the first part of a longer one.
fn is_lone(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign && punct.spacing() == Spacing::Alone)
}

/// The names in `{name}`, `{name:?}` and `{0:width$}` of a literal that may be a format string.
fn captured_names(literal: &proc_macro2::Literal) -> Vec<Ident> {
    let Ok(text) = syn::parse2::<syn::LitStr>(literal.to_token_stream()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let text = text.value().replace("{{", "").replace("}}", "");
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
        for word in words.filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_')) {
            // A format string names `r#type` by `type`.
            let mut ident =
                syn::parse_str::<Ident>(word).unwrap_or_else(|_| Ident::new_raw(word, literal.span()));
            ident.set_span(literal.span());
            if !found.contains(&ident) {
                found.push(ident);
            }
        }
    }
    found
}
