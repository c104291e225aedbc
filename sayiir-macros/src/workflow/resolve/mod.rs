//! Which variable does a name mean? Walks the user's code with Rust's scoping, collects what it does to the body's
//! variables, and writes the compiler's own names where they differ from the user's.
//!
//! Inside a macro's arguments, where the syntax is not known, every matching identifier counts, also one captured by a
//! format string.

mod arguments;
mod names;
mod pattern;
mod visitor;

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Expr, Stmt};

use super::ir::{Binding, BindingId, Effect};
pub(crate) use names::Names;
pub(crate) use pattern::{borrowed_names, is_binding, rename_pattern};
use visitor::Resolver;

/// The prefix of the names under which temporaries stand in the syntax tree until they are resolved.
const MARKER: &str = "__sayiir_temporary_";

/// Resolves one piece of code and returns what it does.
pub(crate) fn resolve_expr(expr: &mut Expr, names: &Names, bindings: &[Binding]) -> Effect {
    let mut resolver = Resolver::new(names, bindings);
    resolver.visit_expr_mut(expr);
    resolver.effect
}

/// Resolves a statement that is not a `let` of the body's own.
pub(crate) fn resolve_stmt(stmt: &mut Stmt, names: &Names, bindings: &[Binding]) -> Effect {
    let mut resolver = Resolver::new(names, bindings);
    resolver.visit_stmt_mut(stmt);
    resolver.effect
}

/// An expression that stands for a temporary.
pub(crate) fn marker(id: BindingId, span: proc_macro2::Span) -> Expr {
    let ident = Ident::new(&format!("{MARKER}{}", id.0), span);
    Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: ident.into() })
}

/// The output of a wait, in the place of the whole `operation.await`.
pub(crate) fn awaited(id: BindingId, written: &syn::ExprAwait) -> Expr {
    let marker = marker(id, written.base.span());
    let group_token = syn::token::Group { span: written.await_token.span };
    Expr::Group(syn::ExprGroup { attrs: Vec::new(), group_token, expr: Box::new(marker) })
}

/// The temporary or variable that a plain name in the tree stands for.
pub(crate) fn meaning(name: &str, names: &Names) -> Option<BindingId> {
    match name.strip_prefix(MARKER).and_then(|number| number.parse().ok()) {
        Some(number) => Some(BindingId(number)),
        None => names.lookup(name),
    }
}

/// The single identifier that an expression consists of.
pub(crate) fn as_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => path.path.get_ident(),
        Expr::Paren(inner) => as_name(&inner.expr),
        Expr::Group(inner) => as_name(&inner.expr),
        _ => None,
    }
}

/// The variable that a place is, or is a part of.
pub(crate) fn root(place: &Expr) -> Option<&Ident> {
    match place {
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(deref) if matches!(deref.op, syn::UnOp::Deref(_)) => root(&deref.expr),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Group(inner) => root(&inner.expr),
        _ => as_name(place),
    }
}

/// Whether an operator is `+=` or one of its kind.
pub(crate) fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp;
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// `written`, where `at` stands in the user's code.
pub(crate) fn located(written: &Ident, at: &Ident) -> Ident {
    let mut ident = written.clone();
    ident.set_span(at.span().resolved_at(written.span()));
    ident
}
