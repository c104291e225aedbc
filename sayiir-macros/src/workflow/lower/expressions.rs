//! Expressions that await somewhere inside: what comes before the await is kept, what is left is put in its place.

use quote::format_ident;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, Type};

use super::super::model::snake;
use super::super::{operation, resolve, splits};
use super::suspend::tried;
use super::{Dest, Lowerer, unit, unit_at, words};
use crate::workflow::ir::{Effect, End};

impl Lowerer<'_> {
    /// Makes the awaits inside into suspension points and returns what is left, to be evaluated next and once.
    /// `expected` is the type of the whole, where the code around it says so.
    pub(super) fn lower_expr(&mut self, expr: Expr, expected: Option<&Type>) -> Expr {
        if !splits::expr(&expr) {
            return expr;
        }
        match expr {
            Expr::Await(awaited) if operation::is_select(&awaited.base) => {
                self.lower_as_control(Expr::Await(awaited), expected)
            }
            Expr::Await(awaited) => self.suspend(&awaited, expected),
            Expr::Paren(mut inner) => {
                *inner.expr = self.lower_expr(*inner.expr, expected);
                Expr::Paren(inner)
            }
            Expr::Group(inner) => self.lower_expr(*inner.expr, expected),
            Expr::Try(mut attempt) => {
                // `signal!("x", 48h).await?` bound to a `T`: the payload is a `T`.
                let fallible = expected.filter(|_| matches!(&*attempt.expr, Expr::Await(_))).map(|ty| {
                    let private = &self.private;
                    syn::parse_quote!(#private::Tried<#ty>)
                });
                *attempt.expr = self.lower_expr(*attempt.expr, fallible.as_ref());
                Expr::Try(attempt)
            }
            Expr::Binary(binary) if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) => {
                self.lower_as_control(lazy(binary), expected)
            }
            expr @ (Expr::If(_)
            | Expr::Match(_)
            | Expr::Block(_)
            | Expr::Loop(_)
            | Expr::While(_)
            | Expr::ForLoop(_)) => self.lower_as_control(expr, expected),
            Expr::Macro(call) => {
                self.compensate(&call);
                unit()
            }
            expr @ (Expr::Return(_) | Expr::Break(_) | Expr::Continue(_)) => {
                self.lower_into(expr, Dest::Discard);
                syn::parse_quote!(::core::unreachable!())
            }
            mut other => {
                self.operands(&mut other);
                other
            }
        }
    }

    /// A construct with blocks of its own, whose value is wanted: it goes through a temporary.
    fn lower_as_control(&mut self, expr: Expr, expected: Option<&Type>) -> Expr {
        if matches!(expr, Expr::While(_) | Expr::ForLoop(_)) {
            self.lower_into(expr, Dest::Discard);
            return unit();
        }
        let expected = expected.filter(|ty| tried(ty).is_none());
        let span = expr.span();
        let base = self.base_name(&expr);
        let id = self.temporary(&format!("{base}_value"), span);
        let ident = self.flow.binding(id).ident.clone();
        let ty = expected.map(|ty| quote::quote!(: #ty));
        // Also where another stretch gives it its value.
        self.flow.bindings[id.0].ty = expected.filter(|ty| self.can_be_named(ty)).cloned();
        let effect = Effect { declares: vec![(id, false)], ..Effect::default() };
        self.statement(quote::quote!(let #ident #ty;), effect);
        self.lower_into(expr, Dest::Into(id));
        resolve::marker(id, span)
    }

    /// Lowers an expression whose value goes to `dest`.
    pub(super) fn lower_into(&mut self, expr: Expr, dest: Dest) {
        if let Expr::Return(leave) = expr {
            return self.leave(leave);
        }
        if !splits::expr(&expr) && !splits::returns(&expr) {
            return self.deliver(expr, dest);
        }
        match expr {
            Expr::Paren(inner) => self.lower_into(*inner.expr, dest),
            Expr::Group(inner) => self.lower_into(*inner.expr, dest),
            Expr::Block(block) => self.block_expression(block, dest),
            Expr::Await(awaited) if operation::is_select(&awaited.base) => self.select(&awaited, dest),
            Expr::If(branch) => self.branch(branch, dest),
            Expr::Match(choice) => self.choice(choice, dest),
            Expr::Loop(repeat) => self.repeat(repeat, dest),
            Expr::While(repeat) => {
                self.repeat_while(repeat);
                self.finish_unit(dest);
            }
            Expr::ForLoop(repeat) => {
                self.repeat_for(repeat);
                self.finish_unit(dest);
            }
            Expr::Break(jump) => self.break_out(jump),
            Expr::Continue(jump) => self.continue_with(&jump),
            Expr::Assign(assign) => {
                self.assign(assign);
                self.finish_unit(dest);
            }
            other => {
                let expected = match dest {
                    Dest::Return => Some(self.model.output.clone()),
                    Dest::Into(id) => self.flow.binding(id).ty.clone(),
                    Dest::Discard => None,
                };
                let written = words::value(&other);
                let value = self.lower_expr(other, expected.as_ref());
                self.deliver_written(written, value, dest);
            }
        }
    }

    fn finish_unit(&mut self, dest: Dest) {
        match dest {
            Dest::Discard => {}
            Dest::Into(_) | Dest::Return => {
                let nothing = self.nothing(dest);
                self.deliver(nothing, dest);
            }
        }
    }

    fn leave(&mut self, leave: syn::ExprReturn) {
        let output = self.model.output.clone();
        let written = leave.expr.as_deref().map_or_else(|| quote::quote!(()), words::value);
        let mut value = match leave.expr {
            Some(expr) => self.lower_expr(*expr, Some(&output)),
            None => unit_at(leave.return_token.span),
        };
        let effect = self.resolve(&mut value);
        let keyword = leave.return_token;
        self.end_for_good(End::Return {
            written,
            keyword: quote::quote!(#keyword),
            value: quote::quote!(#value),
            effect,
        });
    }

    /// `place = value`, with awaits on either side: the value is evaluated first.
    fn assign(&mut self, assign: syn::ExprAssign) {
        let mut whole = Expr::Assign(assign);
        self.operands(&mut whole);
        let mut effect = self.resolve(&mut whole);
        if let Expr::Assign(assign) = &whole {
            self.note_kill(&assign.left, &mut effect);
        }
        self.statement(quote::quote!(#whole;), effect);
    }

    /// What temporaries in front of the first await of an expression are called after.
    pub(super) fn base_name(&self, expr: &Expr) -> String {
        let first = splits::first_await(expr);
        let base = first
            .and_then(|awaited| operation::parse(&awaited.base).ok())
            .map(|op| snake(&self.next_variant(&op)));
        format_ident!("{}", base.unwrap_or_else(|| "branch".to_owned())).to_string()
    }
}

/// `a && b` is `if a { b } else { false }`; `a || b` is `if a { true } else { b }`.
fn lazy(binary: syn::ExprBinary) -> Expr {
    let syn::ExprBinary { left, right, op, .. } = binary;
    if matches!(op, BinOp::And(_)) {
        syn::parse_quote!(if #left { #right } else { false })
    } else {
        syn::parse_quote!(if #left { true } else { #right })
    }
}
