//! Combinators: several operations become one.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

use super::super::operation::{self, Join, JoinAll, Operation, Select};
use super::suspend::Made;
use super::{Dest, Lowerer};

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
        let words = listed(&branches, "and");
        let (name, kept, output) = if join.fallible {
            let kept: Vec<_> =
                outputs.iter().map(|output| quote!(<#output as #private::Sides>::Ok)).collect();
            let error = outputs.first().map(|output| quote!(<#output as #private::Sides>::Err));
            (quote!(TryJoin), kept.clone(), quote!(#private::Result<(#(#kept,)*), #error>))
        } else {
            (quote!(Join), outputs.clone(), quote!((#(#outputs,)*)))
        };
        Made::new(
            quote_spanned!(span=> #private::#name::new((#(#private::Branch::new(#expressions),)*))),
            quote!(#private::#name<(#(#private::Branch<#types, #kept>,)*)>),
            output,
            words,
            span,
        )
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
        let (name, output) = if join.fallible {
            let sides = quote!(#output as #private::Sides);
            (quote!(TryJoinAll), quote!(#private::Result<#private::Vec<<#sides>::Ok>, <#sides>::Err>))
        } else {
            (quote!(JoinAll), quote!(#private::Vec<#output>))
        };
        let place = syn::spanned::Spanned::span(items);
        let map = crate::diagnostics::placed(quote!(#private::Iterator::map), place);
        let begin = crate::diagnostics::placed(quote!(#private::IntoIterator::into_iter), place);
        let each = quote_spanned!(place=> #map(#begin(#items), |#item| #made));
        Made::new(
            quote_spanned!(span=> #private::#name::new(#each, #max)),
            quote!(#private::#name<#ty>),
            output,
            format!("{} for each item", branch.words),
            span,
        )
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
            listed(&arms, "or"),
            span,
        )
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
            Ok(choice) => self.choice(choice, dest),
            Err(error) => self.errors.take(error),
        }
    }
}

/// The variants of `Selected2`, … are called by letters.
pub(super) const LETTERS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

fn selected(arms: usize, private: &TokenStream) -> TokenStream {
    let name = quote::format_ident!("Selected{arms}");
    quote!(#private::#name)
}

fn listed(parts: &[Made], word: &str) -> String {
    parts.iter().map(|part| part.words.as_str()).collect::<Vec<_>>().join(&format!(" {word} "))
}
