//! Refuses what cannot be compiled, before anything is taken apart.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr};

use super::ir::{BlockId, End, Flow, PointId};
use super::liveness::Liveness;
use super::model::Model;
use super::operation::{self, Operation};
use super::{splits, text};
use crate::diagnostics::Errors;

/// Walks the body and reports every await and every operation that stands where it cannot.
pub(crate) fn check(body: &Block, errors: &mut Errors) {
    let mut check = Check { errors, inside: None };
    check.visit_block(body);
}

/// Refuses references that would have to be stored.
pub(crate) fn saved(model: &Model, flow: &Flow, liveness: &Liveness, errors: &mut Errors) {
    let mut reported = Vec::new();
    for (index, point) in flow.points.iter().enumerate() {
        for id in liveness.saved(flow, PointId(index)) {
            let binding = flow.binding(id);
            if binding.reference && !reported.contains(&id) && liveness.is_reachable(point.resume) {
                reported.push(id);
                let name = super::model::bare(&binding.ident);
                errors.at(
                    model.user_span(binding.ident.span()),
                    format!(
                        "`{name}` is a reference and is still needed after the run has waited for {}, but a reference cannot be stored: bind an owned value, with `.clone()` or `.to_owned()`",
                        point.words
                    ),
                );
            }
        }
    }
}

/// Refuses a workflow that calls itself before it has waited for anything: it would never come to an end.
pub(crate) fn recursion(model: &Model, flow: &Flow, liveness: &Liveness, errors: &mut Errors) {
    for block in liveness.region(flow, BlockId(0)) {
        if let End::Suspend(point) = &flow.block(block).end
            && let Some(callee) = flow.points[point.0].calls.iter().find(|path| path.is_ident(&model.name))
        {
            errors.on(
                callee,
                format!("`{callee}` calls itself before it has waited for anything, and so would its copy, without end: await a task or a signal first", callee = model.name),
            );
        }
    }
}

/// Refuses signals whose constants would have one name.
pub(crate) fn signals(flow: &Flow, errors: &mut Errors) {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for signal in &flow.signals {
        let constant = super::expand::constant_name(&signal.name).to_string();
        let name = signal.name.value();
        if super::expand::is_reserved(&constant) {
            errors.on(
                &signal.name,
                format!(
                    "a signal named `{name}` would hide `{constant}` of the workflow: choose another name"
                ),
            );
        }
        let first = known.entry(constant.clone()).or_insert_with(|| name.clone());
        if *first != name {
            errors.on(
                &signal.name,
                format!("the signals `{first}` and `{name}` would both be the constant `{constant}`: choose another name"),
            );
        }
    }
}

struct Check<'e> {
    errors: &'e mut Errors,
    /// The construct around us in which nothing can be awaited.
    inside: Option<&'static str>,
}

impl Check<'_> {
    fn within(&mut self, what: &'static str, body: impl FnOnce(&mut Self)) {
        let before = self.inside.replace(what);
        body(self);
        self.inside = before;
    }

    fn operation_macro(mac: &syn::Macro) -> Option<&syn::Ident> {
        let last = &mac.path.segments.last()?.ident;
        let ours = mac.path.segments.len() == 1 || mac.path.segments.first()?.ident == "sayiir";
        (ours && operation::MACROS.iter().any(|name| last == name)).then_some(last)
    }

    fn await_in_tokens(&mut self, tokens: TokenStream, mac: &str) {
        let mut after_dot = false;
        for token in tokens {
            match &token {
                TokenTree::Ident(word) if after_dot && word == "await" => self.errors.on(
                    word,
                    format!("`{mac}!` decides itself what to do with its arguments, so nothing in them can be awaited: bind the value first, `let value = ….await;`"),
                ),
                TokenTree::Group(group) => self.await_in_tokens(group.stream(), mac),
                TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        }
    }
}

impl<'ast> Visit<'ast> for Check<'_> {
    fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
        if let Some(what) = self.inside {
            self.errors.on(
                expr.await_token,
                format!("nothing can be awaited inside {what}: await before it, and use the value inside"),
            );
            return;
        }
        if let Some(name) = operation::at_once(&expr.base) {
            self.errors.on(expr.await_token, format!("`{name}!` is not awaited: remove `.await`"));
            return;
        }
        match operation::parse(&expr.base) {
            Err(error) => self.errors.take(error),
            Ok(operation::Operation::Call { .. }) => visit::visit_expr_await(self, expr),
            Ok(operation) => self.operation(&operation),
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.within("a closure", |this| visit::visit_expr_closure(this, closure));
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.within("an `async` block", |this| visit::visit_expr_async(this, block));
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.within("an `unsafe` block", |this| visit::visit_expr_unsafe(this, block));
    }

    fn visit_expr_const(&mut self, block: &'ast syn::ExprConst) {
        self.within("a `const` block", |this| visit::visit_expr_const(this, block));
    }

    fn visit_expr_try_block(&mut self, block: &'ast syn::ExprTryBlock) {
        self.within("a `try` block", |this| visit::visit_expr_try_block(this, block));
    }

    fn visit_pat_guard(&mut self, guard: &'ast syn::PatGuard) {
        self.within("a match guard", |this| visit::visit_pat_guard(this, guard));
    }

    fn visit_expr_for_loop(&mut self, repeat: &'ast syn::ExprForLoop) {
        self.borrowing_iterator(repeat);
        self.visit_expr(&repeat.expr);
        self.visit_block(&repeat.body);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Some(name) = Self::operation_macro(mac) {
            self.errors.on(name, format!("`{name}!` does nothing by itself: write `{name}!(..).await`"));
            return;
        }
        let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        if matches!(mac.path.segments.first(), Some(first) if first.ident == "tokio") && name == "select" {
            self.errors
                .on(&mac.path, "`tokio::select!` does not survive a restart: use sayiir's own `select!`");
            return;
        }
        self.await_in_tokens(mac.tokens.clone(), &name);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

impl Check<'_> {
    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::Call { arguments, .. } => {
                for argument in arguments {
                    self.nothing_awaited(argument);
                }
            }
            Operation::Signal(signal) => {
                if signal.name.value().is_empty() {
                    self.errors.on(&signal.name, "a signal has a name: `signal!(\"manager_approval\", 48h)`");
                }
                if let Some(limit) = &signal.limit {
                    crate::duration::lower(limit, self.errors);
                    self.nothing_awaited(limit);
                }
            }
            Operation::Sleep { length, .. } => {
                crate::duration::lower(length, self.errors);
                self.nothing_awaited(length);
            }
            Operation::SleepUntil { until, .. } => self.nothing_awaited(until),
            Operation::Spawn(spawn) => {
                self.nothing_awaited(&spawn.id);
                spawn.arguments.iter().for_each(|argument| self.nothing_awaited(argument));
            }
            Operation::Join(join) => join.branches.iter().for_each(|branch| self.operation(branch)),
            Operation::JoinAll(join) => {
                self.nothing_awaited(&join.items);
                self.operation(&join.branch);
            }
            Operation::Select(select) => {
                for arm in &select.arms {
                    self.operation(&arm.operation);
                    self.visit_expr(&arm.body);
                }
            }
        }
    }

    /// `for item in items.iter()` around an await: over `&items` it can be stored.
    fn borrowing_iterator(&mut self, repeat: &syn::ExprForLoop) {
        let Expr::MethodCall(call) = &*repeat.expr else { return };
        let borrows = call.method == "iter" && call.args.is_empty() && is_named(&call.receiver);
        if borrows && self.inside.is_none() && splits::block(&repeat.body) {
            let items = text::of(call.receiver.to_token_stream());
            self.errors.on(
                call,
                format!(
                    "a `for` loop that awaits cannot store what `.iter()` yields: go over `&{items}` instead"
                ),
            );
        }
    }

    fn nothing_awaited(&mut self, expr: &Expr) {
        self.within("the arguments of an operation", |this| this.visit_expr(expr));
    }
}

/// Whether an expression is a variable or a field of one.
fn is_named(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_named(&field.base),
        _ => false,
    }
}
