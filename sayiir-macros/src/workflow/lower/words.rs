//! What is waited for, decided and handed over, in the user's words. They are taken down before anything is lowered.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, Stmt};

use super::super::diverges;
use super::super::model::bare;
use super::super::operation::Operation;
use super::super::text;

/// What a run waits for: ``the signal `paid` ``.
pub(super) fn awaited(operation: &Operation) -> String {
    match operation {
        Operation::Call { path, .. } => {
            let name = path.segments.last().map(|last| bare(&last.ident)).unwrap_or_default();
            format!("`{name}`")
        }
        Operation::Signal(signal) => match &signal.limit {
            None => format!("the signal `{}`", signal.name.value()),
            Some(limit) => format!("the signal `{}`, at most {}", signal.name.value(), of(limit)),
        },
        Operation::Sleep { length, .. } => format!("{} to pass", of(length)),
        Operation::SleepUntil { .. } => "a point in time".into(),
        Operation::Join(join) => listed(&join.branches, "and"),
        Operation::JoinAll(join) => format!("{} for each item", awaited(&join.branch)),
        Operation::Select(select) => listed(select.arms.iter().map(|arm| &arm.operation), "or"),
        Operation::Spawn(spawn) => {
            let name = spawn.workflow.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
            format!("the start of `{name}`")
        }
    }
}

fn listed<'a>(parts: impl IntoIterator<Item = &'a Operation>, word: &str) -> String {
    parts.into_iter().map(awaited).collect::<Vec<_>>().join(&format!(" {word} "))
}

/// What came first in a `select!`.
pub(super) fn arrived(operation: &Operation) -> String {
    match operation {
        Operation::Call { path, arguments, .. } => text::of(quote::quote!(#path(#(#arguments),*))),
        Operation::Signal(signal) => format!("the signal {}", signal.name.value()),
        Operation::Sleep { length, .. } => format!("the sleep of {}", of(length)),
        Operation::SleepUntil { until, .. } => format!("the sleep until {}", of(until)),
        Operation::Join(_) | Operation::JoinAll(_) | Operation::Select(_) | Operation::Spawn(_) => {
            awaited(operation)
        }
    }
}

fn of(expr: &Expr) -> String {
    text::of(expr.to_token_stream())
}

/// The value that an expression yields: of a block, what stands at its end.
pub(super) fn value(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Paren(inner) => value(&inner.expr),
        Expr::Group(inner) => value(&inner.expr),
        Expr::Block(block) if block.label.is_none() => match block.block.stmts.last() {
            Some(Stmt::Expr(tail, None)) => value(tail),
            Some(Stmt::Macro(tail)) if tail.semi_token.is_none() => tail.to_token_stream(),
            Some(Stmt::Expr(last, Some(_))) if diverges::expr(last) => value(last),
            Some(last @ Stmt::Macro(call)) if diverges::stmt(last) => call.mac.to_token_stream(),
            // What ends in a statement yields nothing.
            Some(_) | None => quote::quote!(()),
        },
        Expr::Return(leave) => leave.expr.as_deref().map_or_else(|| quote::quote!(()), value),
        Expr::Verbatim(_) => quote::quote!(()),
        other => other.to_token_stream(),
    }
}
