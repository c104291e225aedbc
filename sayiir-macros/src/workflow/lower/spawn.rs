//! Runs that a body starts, and tasks that it remembers for the case that it fails.

use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::super::expand::own;
use super::super::operation::{self, Spawn};
use super::Lowerer;
use super::suspend::Made;

impl Lowerer<'_> {
    pub(super) fn spawn(&mut self, spawn: &Spawn) -> Made {
        let private = &self.private;
        let Spawn { id, workflow, arguments, span } = spawn;
        if !self.flow.spawned.contains(workflow) {
            self.flow.spawned.push(workflow.clone());
        }
        let name = workflow.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        Made::new(
            quote_spanned!(*span=> #private::Spawn::<#workflow>::new(#id, #workflow(#(#arguments),*))),
            quote_spanned!(workflow.span()=> #private::Spawn<#workflow>),
            quote!(#private::Result<#private::RunId, #private::AlreadyExists>),
            format!("the start of `{name}`"),
            *span,
        )
    }

    /// `compensate!(task(arguments));`
    pub(super) fn compensate(&mut self, call: &syn::ExprMacro) {
        let (task, arguments) = match operation::compensation(&call.mac) {
            Some(Ok(compensation)) => compensation,
            Some(Err(error)) => return self.errors.take(error),
            None => return,
        };
        let private = self.private.clone();
        if !self.flow.callees.contains(&task) {
            self.flow.callees.push(task.clone());
        }
        let mut made: Expr = syn::parse_quote_spanned!(task.span()=> <#task>::call(#(#arguments),*));
        let effect = self.resolve(&mut made);
        let (step, group) = (own("step"), super::super::expand::label("group"));
        let remember = quote_spanned!(task.span()=> #step.compensate(&#made));
        let tokens = quote! {
            if let #private::Err(fault) = #remember {
                break #group #private::Exit::Fault(fault);
            }
        };
        self.statement(tokens, effect);
    }
}
