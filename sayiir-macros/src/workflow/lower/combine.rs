//! Combinators: several operations become one.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

use super::super::operation::{self, Join, JoinAll, Operation, Select};
use super::suspend::Made;
use super::types::called;
use super::{Dest, Lowerer, words};
use crate::callable::ask;
use crate::diagnostics::placed;

impl Lowerer<'_> {
    pub(super) fn join(&mut self, join: &Join, expected: Option<&Type>) -> Made {
        let private = self.private.clone();
        let span = join.span;
        let branches: Vec<Made> = join
            .branches
            .iter()
            .enumerate()
            .map(|(index, branch)| {
                let expected = self.expected_of_branch(expected, index, join.branches.len());
                self.make(branch, expected.as_ref())
            })
            .collect();
        let types: Vec<_> = branches.iter().map(|branch| &branch.ty).collect();
        let outputs: Vec<_> = branches.iter().map(|branch| branch.output_type(&private)).collect();
        let expressions = branches.iter().map(|branch| &branch.expression);
        let mut conditions: Vec<_> = branches.iter().flat_map(|branch| branch.conditions.clone()).collect();
        let (name, kept, output) = if join.fallible {
            let attempts: Vec<Attempt> =
                branches.iter().map(|branch| Attempt::of(branch, &private)).collect();
            let kept: Vec<_> = attempts.iter().map(|attempt| attempt.side("Ok", &private)).collect();
            let error = attempts.first().map(|attempt| attempt.side("Err", &private)).unwrap_or_default();
            let (first, others) = attempts.split_at(1);
            conditions.extend(first.iter().filter_map(|attempt| attempt.can_fail(&private)));
            conditions.extend(others.iter().map(|attempt| attempt.fails_with(&error, &private)));
            (quote!(TryJoin), kept.clone(), quote!(#private::Result<(#(#kept,)*), #error>))
        } else {
            conditions.extend(branches.iter().filter_map(|branch| error_is_stored(branch, &private)));
            (quote!(Join), outputs.clone(), quote!((#(#outputs,)*)))
        };
        Made::new(
            quote_spanned!(span=> #private::#name::new((#(#private::Branch::new(#expressions),)*))),
            quote!(#private::#name<(#(#private::Branch<#types, #kept>,)*)>),
            output,
            span,
        )
        .provided(conditions)
    }

    /// What is known of one branch's output where the whole has a known type.
    fn expected_of_branch(&self, whole: Option<&Type>, index: usize, count: usize) -> Option<Type> {
        let private = &self.private;
        let whole = whole?;
        let (tuple, attempted) =
            super::suspend::tried(whole).map_or((whole.clone(), false), |inner| (inner, true));
        let Type::Tuple(tuple) = tuple else { return None };
        let element = tuple.elems.iter().nth(index).filter(|_| tuple.elems.len() == count)?;
        Some(if attempted { syn::parse_quote!(#private::Tried<#element>) } else { element.clone() })
    }

    pub(super) fn join_all(&mut self, join: &JoinAll) -> Made {
        let private = self.private.clone();
        let (span, item, items) = (join.span, &join.item, &join.items);
        let branch = self.make(&join.branch, None);
        let (ty, made, output) = (&branch.ty, &branch.expression, branch.output_type(&private));
        let max = join
            .max
            .as_ref()
            .map_or_else(|| quote!(#private::None), |max| quote!(#private::Some([0usize, #max][1])));
        let mut conditions = branch.conditions.clone();
        let (name, kept, output) = if join.fallible {
            let attempt = Attempt::of(&branch, &private);
            conditions.extend(attempt.can_fail(&private));
            let (kept, error) = (attempt.side("Ok", &private), attempt.side("Err", &private));
            (quote!(TryJoinAll), quote!(, #kept), quote!(#private::Result<#private::Vec<#kept>, #error>))
        } else {
            conditions.extend(error_is_stored(&branch, &private));
            (quote!(JoinAll), quote!(), quote!(#private::Vec<#output>))
        };
        let place = syn::spanned::Spanned::span(items);
        let map = placed(quote!(#private::Iterator::map), place);
        let begin = placed(quote!(#private::IntoIterator::into_iter), place);
        let each = quote_spanned!(place=> #map(#begin(#items), |#item| #made));
        Made::new(
            quote_spanned!(span=> #private::#name::new(#each, #max)),
            quote!(#private::#name<#ty #kept>),
            output,
            span,
        )
        .provided(conditions)
    }

    pub(super) fn select_operation(&mut self, select: &Select) -> Made {
        let private = self.private.clone();
        let span = select.span;
        let arms: Vec<Made> = select.arms.iter().map(|arm| self.make(&arm.operation, None)).collect();
        let types: Vec<_> = arms.iter().map(|arm| &arm.ty).collect();
        let outputs: Vec<_> = arms.iter().map(|arm| arm.output_type(&private)).collect();
        let expressions = arms.iter().map(|arm| &arm.expression);
        let selected = selected(arms.len(), &private);
        Made::new(
            quote_spanned!(span=> #private::Select::new((#(#expressions,)*))),
            quote!(#private::Select<(#(#types,)*)>),
            quote!(#selected<#(#outputs),*>),
            span,
        )
        .provided(arms.iter().flat_map(|arm| arm.conditions.clone()))
    }

    /// `select! { pattern = operation => expression }.await`: waits, then decides by what was first.
    pub(super) fn select(&mut self, awaited: &syn::ExprAwait, dest: Dest) {
        let private = self.private.clone();
        let output = self.suspend(awaited, None);
        let Ok(Operation::Select(select)) = operation::parse(&awaited.base) else { return };
        let selected = selected(select.arms.len(), &private);
        let arms = select.arms.iter().zip(LETTERS).map(|(arm, letter)| {
            let (pat, body) = (&arm.pat, &arm.body);
            let letter = quote::format_ident!("{letter}");
            quote_spanned!(select.span=> #selected::#letter(#pat) => #body,)
        });
        let choice = quote_spanned!(select.span=> match #output { #(#arms)* });
        match syn::parse2::<syn::ExprMatch>(choice) {
            Ok(choice) => {
                let words = select.arms.iter().map(|arm| words::arrived(&arm.operation)).collect();
                self.decide(choice, None, words, dest);
            }
            Err(error) => self.errors.take(error),
        }
    }
}

/// A branch of a `try_join!`.
struct Attempt {
    /// What has the two sides: the task or workflow that is called, else the branch's output.
    sides: TokenStream,
    /// Whether it is a call, of which only rustc knows whether it can fail.
    is_call: bool,
    span: proc_macro2::Span,
}

impl Attempt {
    fn of(branch: &Made, private: &TokenStream) -> Self {
        let output = branch.output_type(private);
        let callee = syn::parse2::<Type>(output.clone()).ok().and_then(|output| called(&output).cloned());
        let is_call = callee.is_some();
        let sides = callee.map_or(output, |callee| quote!(#callee));
        Self { sides, is_call, span: branch.span }
    }

    fn side(&self, side: &str, private: &TokenStream) -> TokenStream {
        let (sides, side) = (&self.sides, quote::format_ident!("{side}"));
        quote!(<#sides as #private::Sides>::#side)
    }

    fn can_fail(&self, private: &TokenStream) -> Option<TokenStream> {
        self.is_call.then(|| ask(&self.sides, "CanFail", "checked", private))
    }

    /// Can fail, and with this error.
    fn fails_with(&self, error: &TokenStream, private: &TokenStream) -> TokenStream {
        let subject = if self.is_call {
            ask(&self.sides, "CanFail", "Itself", private)
        } else {
            placed(self.sides.clone(), self.span)
        };
        let (left, right) = (
            placed(quote!(<), self.span),
            placed(quote!(as #private::FailsWith<#error>>::checked), self.span),
        );
        quote!(#left #subject #right)
    }
}

/// That the error of a call can be kept while other branches run. Of what it yields else, its signature has said so.
fn error_is_stored(branch: &Made, private: &TokenStream) -> Option<TokenStream> {
    let attempt = Attempt::of(branch, private);
    let (left, right) = (quote!(<), quote!(as #private::StoredError<_>>::checked));
    let (left, right) = (placed(left, attempt.span), placed(right, attempt.span));
    let error = placed(attempt.side("Err", private), attempt.span);
    attempt.is_call.then(|| quote!(#left #error #right))
}

/// The variants of `Selected2`, … are called by letters.
pub(super) const LETTERS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

fn selected(arms: usize, private: &TokenStream) -> TokenStream {
    let name = quote::format_ident!("Selected{arms}");
    quote!(#private::#name)
}
