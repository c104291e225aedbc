//! The operands of an expression that awaits: evaluated in Rust's order, and kept while later ones wait.

use syn::spanned::Spanned;
use syn::{BinOp, Expr, Type};

use super::super::{resolve, splits};
use super::{Lowerer, methods, unit};

/// How an operand is used by the expression around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Its value is taken.
    Value,
    /// It is only looked at or borrowed: a receiver, a side of a comparison.
    Place,
}

impl Lowerer<'_> {
    /// Lowers the operands of an expression in the order in which Rust evaluates them.
    pub(super) fn operands(&mut self, expr: &mut Expr) {
        self.operands_expecting(expr, &|_| None);
    }

    /// The same, where something is known of the types: `expected` gives that of an argument by its index.
    pub(super) fn operands_expecting(&mut self, expr: &mut Expr, expected: &dyn Fn(usize) -> Option<Type>) {
        let operands = match expr {
            Expr::Array(array) => array.elems.iter_mut().map(value).collect(),
            Expr::Tuple(tuple) => tuple.elems.iter_mut().map(value).collect(),
            Expr::Call(call) => {
                let function = std::iter::once(&mut *call.func).map(place);
                function.chain(call.args.iter_mut().map(value)).collect()
            }
            Expr::MethodCall(call) => {
                std::iter::once(place(&mut call.receiver)).chain(call.args.iter_mut().map(value)).collect()
            }
            Expr::Struct(literal) => {
                let fields = literal.fields.iter_mut().map(|field| value(&mut field.expr));
                fields.chain(literal.rest.as_deref_mut().map(value)).collect()
            }
            Expr::Binary(binary) if is_comparison(&binary.op) => {
                vec![place(&mut binary.left), place(&mut binary.right)]
            }
            Expr::Binary(binary) if resolve::is_assignment(&binary.op) => {
                vec![place(&mut binary.right), place(&mut binary.left)]
            }
            Expr::Binary(binary) => vec![value(&mut binary.left), value(&mut binary.right)],
            // What stands on the left of several at once are places, of which none may be kept as a value.
            Expr::Assign(assign) if !splits::expr(&assign.left) || !takes_apart(&assign.left) => {
                vec![value(&mut assign.right), place(&mut assign.left)]
            }
            Expr::Index(index) => vec![place(&mut index.expr), value(&mut index.index)],
            Expr::Range(range) => {
                range.start.iter_mut().chain(range.end.iter_mut()).map(|end| value(end)).collect()
            }
            Expr::Cast(cast) => vec![value(&mut cast.expr)],
            Expr::Field(field) => vec![place(&mut field.base)],
            Expr::Reference(borrow) => vec![place(&mut borrow.expr)],
            Expr::Unary(unary) => vec![value(&mut unary.expr)],
            Expr::Repeat(repeat) => vec![value(&mut repeat.expr)],
            Expr::Let(binding) => vec![place(&mut binding.expr)],
            other => {
                let span = other.span();
                self.errors.at(span, "sayiir cannot take this expression apart at its await: bind the awaited value first, `let value = ….await;`");
                return;
            }
        };
        self.in_order(operands, expected);
    }

    /// Lowers values that are evaluated one after the other.
    pub(super) fn values_in_order(&mut self, operands: Vec<&mut Expr>) {
        self.in_order(operands.into_iter().map(value).collect(), &|_| None);
    }

    fn in_order(&mut self, mut operands: Vec<(&mut Expr, Use)>, expected: &dyn Fn(usize) -> Option<Type>) {
        let Some(last) = operands.iter().rposition(|(operand, _)| splits::expr(operand)) else {
            return;
        };
        for index in 0..=last {
            let later: Vec<Expr> =
                operands[index + 1..=last].iter().map(|(operand, _)| (**operand).clone()).collect();
            let (operand, used) = &mut operands[index];
            let whole = std::mem::replace(*operand, unit());
            // The first operand of a call is the function.
            let ty = index.checked_sub(1).and_then(expected);
            let left = self.lower_expr(whole, ty.as_ref());
            **operand = if index < last { self.keep(left, *used, &later) } else { left };
        }
    }

    /// Keeps the value of an operand while later ones are evaluated.
    fn keep(&mut self, operand: Expr, used: Use, later: &[Expr]) -> Expr {
        match operand {
            Expr::Closure(closure) if self.captures_a_change(&closure, later) => {
                self.errors.on(closure.capture, "what this closure captures is changed before the await, and a closure cannot be stored: bind the awaited value first, `let value = ….await;`");
                Expr::Closure(closure)
            }
            constant @ (Expr::Lit(_) | Expr::Closure(_)) => constant,
            Expr::Paren(mut inner) => {
                *inner.expr = self.keep(*inner.expr, used, later);
                Expr::Paren(inner)
            }
            Expr::Group(inner) => self.keep(*inner.expr, used, later),
            Expr::Reference(mut borrow) => {
                *borrow.expr = self.keep(*borrow.expr, Use::Place, later);
                Expr::Reference(borrow)
            }
            path @ Expr::Path(_) if !self.is_variable(&path) => path,
            place @ (Expr::Path(_) | Expr::Field(_) | Expr::Index(_) | Expr::Unary(_))
                if used == Use::Place && is_place(&place) && !self.is_changed(&place, later) =>
            {
                if self.is_inside_mutable(&place) && methods::may_change(&place, later) {
                    self.errors.on(&place, "this may be changed before the await, by a method that is called meanwhile: bind its value first, `let value = ….clone();`");
                }
                self.keep_inside(place, later)
            }
            other => {
                let base = later.iter().find(|expr| splits::expr(expr)).map(|expr| self.base_name(expr));
                let span = other.span();
                let id = self.temporary(&format!("{}_operand", base.unwrap_or_default()), span);
                self.flow.bindings[id.0].mutable = used == Use::Place;
                self.flow.bindings[id.0].ty = self.type_of(&other);
                let mut value = other;
                let mut effect = self.resolve(&mut value);
                effect.declares = vec![(id, true)];
                let ident = self.flow.binding(id).ident.clone();
                let mutable = (used == Use::Place).then(|| quote::quote!(mut));
                self.statement(quote::quote!(let #mutable #ident = #value;), effect);
                resolve::marker(id, span)
            }
        }
    }

    /// Leaves a place where it is, and keeps the values that say which one it is.
    fn keep_inside(&mut self, mut place: Expr, later: &[Expr]) -> Expr {
        match &mut place {
            Expr::Field(field) => self.keep_operand(&mut field.base, Use::Place, later),
            Expr::Index(index) => {
                self.keep_operand(&mut index.expr, Use::Place, later);
                self.keep_operand(&mut index.index, Use::Value, later);
            }
            Expr::Unary(deref) => self.keep_operand(&mut deref.expr, Use::Place, later),
            _ => {}
        }
        place
    }

    fn keep_operand(&mut self, operand: &mut Expr, used: Use, later: &[Expr]) {
        let whole = std::mem::replace(operand, unit());
        *operand = self.keep(whole, used, later);
    }

    /// Whether one of the later operands changes the place. Rust takes that only where it copies the place first.
    fn is_changed(&self, place: &Expr, later: &[Expr]) -> bool {
        let meaning = resolve::root(place).and_then(|name| resolve::meaning(&name.to_string(), &self.names));
        meaning
            .is_some_and(|id| later.iter().any(|expr| self.resolve(&mut expr.clone()).changes.contains(id)))
    }

    /// Whether a place is a part of a variable that can change.
    fn is_inside_mutable(&self, place: &Expr) -> bool {
        let meaning = resolve::root(place).and_then(|name| resolve::meaning(&name.to_string(), &self.names));
        !self.is_variable(place) && meaning.is_some_and(|id| self.flow.binding(id).mutable)
    }

    /// Whether a closure that takes what it captures along does so before one of the later operands changes that.
    fn captures_a_change(&self, closure: &syn::ExprClosure, later: &[Expr]) -> bool {
        let captured = self.resolve(&mut Expr::Closure(closure.clone())).uses;
        closure.capture.is_some()
            && later.iter().any(|expr| !self.resolve(&mut expr.clone()).changes.is_disjoint(&captured))
    }

    fn is_variable(&self, expr: &Expr) -> bool {
        resolve::as_name(expr).is_some_and(|name| resolve::meaning(&name.to_string(), &self.names).is_some())
    }
}

fn value(expr: &mut Expr) -> (&mut Expr, Use) {
    (expr, Use::Value)
}

fn place(expr: &mut Expr) -> (&mut Expr, Use) {
    (expr, Use::Place)
}

/// Whether an expression names a place rather than computes a value, as a field of a call's result does.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Deref(_)),
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(inner) => is_place(&inner.expr),
        other => matches!(other, Expr::Path(_) | Expr::Index(_)),
    }
}

/// Whether the left side of an assignment gives values to several places.
fn takes_apart(left: &Expr) -> bool {
    matches!(left, Expr::Tuple(_) | Expr::Array(_) | Expr::Struct(_) | Expr::Call(_))
}

fn is_comparison(op: &BinOp) -> bool {
    matches!(op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_))
}
