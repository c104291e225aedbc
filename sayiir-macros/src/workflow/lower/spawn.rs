//! Runs that a body starts, and tasks that it remembers for the case that it fails.

use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::super::expand::own;
use super::super::operation::{self, Spawn};
use super::Lowerer;
use super::suspend::Made;
use crate::callable::{ask, call};

impl Lowerer<'_> {
    pub(super) fn spawn(&mut self, spawn: &Spawn) -> Made {
        let private = &self.private;
        let Spawn { id, workflow, arguments, span } = spawn;
        if !self.flow.spawned.contains(workflow) {
            self.flow.spawned.push(workflow.clone());
        }
        let invocation = call(&workflow.to_token_stream(), quote!(#(#arguments),*));
        let begin = ask(workflow, "Spawnable", "spawn", private);
        let checked = ask(workflow, "Spawnable", "checked", private);
        Made::new(
            call(&begin, quote!(#id, #invocation)),
            quote_spanned!(workflow.span()=> #private::Spawn<#workflow>),
            quote!(#private::Result<#private::RunId, #private::AlreadyExists>),
            *span,
        )
        .provided([checked])
    }

    /// `compensate!(task(arguments));`
    pub(super) fn compensate(&mut self, written: &syn::ExprMacro) {
        let (task, arguments) = match operation::compensation(&written.mac) {
            Some(Ok(compensation)) => compensation,
            Some(Err(error)) => return self.errors.take(error),
            None => return,
        };
        let private = self.private.clone();
        self.flow.compensates = true;
        if !self.flow.callees.contains(&task) {
            self.flow.callees.push(task.clone());
        }
        let mut made: Expr = syn::parse_quote_spanned!(task.span()=> <#task>::call(#(#arguments),*));
        let effect = self.resolve(&mut made);
        let (step, group) = (own("step"), super::super::expand::label("group"));
        let remember = ask(&task, "Undoes", "remember", &private);
        let remember = call(&remember, quote_spanned!(task.span()=> #step, &#made));
        let tokens = quote! {
            if let #private::Err(fault) = #remember {
                break #group #private::Exit::Fault(fault);
            }
        };
        self.statement(tokens, effect);
    }
}
