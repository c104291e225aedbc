//! `#[cfg(..)]` on statements that await or bind: a macro cannot evaluate it, so the workflow is compiled once for each way
//! in which the conditions can turn out, and rustc takes the one that holds.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Item, Meta, Stmt};

use super::{attributes, operation, splits};
use crate::diagnostics::Errors;

/// The most conditions of one workflow: each doubles what is compiled.
const MOST: usize = 4;

/// One way in which the conditions can turn out.
pub(crate) struct Configuration {
    /// What goes into `cfg(..)`; `None` if there is only one way.
    condition: Option<TokenStream>,
    pub(crate) body: Block,
}

/// All ways of a body.
pub(crate) fn all(body: &Block, errors: &mut Errors) -> Vec<Configuration> {
    let mut conditions = Conditions::default();
    conditions.visit_block_mut(&mut body.clone());
    let conditions = conditions.0;
    if let Some(one_too_many) = conditions.get(MOST) {
        errors.on(
            one_too_many,
            format!("a workflow can have {MOST} different conditions on statements that await or bind: put this one into a `#[task]` function"),
        );
        return Vec::new();
    }
    if conditions.is_empty() {
        return vec![Configuration { condition: None, body: body.clone() }];
    }
    let ways = 0..1usize << conditions.len();
    ways.map(|way| {
        let holds: Vec<(String, bool)> = conditions
            .iter()
            .enumerate()
            .map(|(index, condition)| (condition.to_string(), way & (1 << index) != 0))
            .collect();
        let parts = conditions
            .iter()
            .zip(&holds)
            .map(|(condition, (_, holds))| if *holds { quote!(#condition) } else { quote!(not(#condition)) });
        let condition = quote!(all(#(#parts),*));
        let mut body = body.clone();
        Apply(&holds).visit_block_mut(&mut body);
        Configuration { condition: Some(condition), body }
    })
    .collect()
}

impl Configuration {
    /// What was generated for this way, for the case that it is the one that holds.
    pub(crate) fn guard(&self, generated: TokenStream) -> TokenStream {
        let Some(condition) = &self.condition else { return generated };
        let Ok(file) = syn::parse2::<syn::File>(generated.clone()) else { return generated };
        let items = file.items.iter().map(|item: &Item| quote!(#[cfg(#condition)] #item));
        quote!(#(#items)*)
    }
}

/// What stands in the `#[cfg(..)]`s before a statement, taken off it. Any other statement keeps them: rustc sees to those.
fn conditions_of(stmt: &mut Stmt) -> Vec<TokenStream> {
    if !matches!(stmt, Stmt::Local(_)) && splits::awaits(stmt) == 0 {
        return Vec::new();
    }
    let found = attributes::take(stmt, "cfg").into_iter().filter_map(|attr| match attr.meta {
        Meta::List(list) => Some(list.tokens),
        Meta::Path(_) | Meta::NameValue(_) => None,
    });
    found.collect()
}

/// Collects the different conditions, in source order.
#[derive(Default)]
struct Conditions(Vec<TokenStream>);

impl VisitMut for Conditions {
    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        for condition in conditions_of(stmt) {
            if !self.0.iter().any(|known| known.to_string() == condition.to_string()) {
                self.0.push(condition);
            }
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }
    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        operation::visit_arms(mac, &mut |body| self.visit_expr_mut(body));
    }
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// Leaves the statements whose conditions hold, without their attributes.
struct Apply<'h>(&'h [(String, bool)]);

impl VisitMut for Apply<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain_mut(|stmt| {
            let conditions = conditions_of(stmt);
            conditions.iter().all(|condition| {
                let text = condition.to_string();
                self.0.iter().any(|(known, holds)| *known == text && *holds)
            })
        });
        visit_mut::visit_block_mut(self, block);
    }
    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        operation::visit_arms(mac, &mut |body| self.visit_expr_mut(body));
    }
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
