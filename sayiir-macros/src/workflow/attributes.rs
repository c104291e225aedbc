//! Attributes before a statement.

use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Stmt};

/// Takes the attributes of that name off a statement. Before an expression, syn puts them on the leftmost part of it.
pub(crate) fn take(stmt: &mut Stmt, name: &str) -> Vec<Attribute> {
    let mut find = Find { name, found: Vec::new() };
    match stmt {
        Stmt::Local(local) => find.take(&mut local.attrs),
        Stmt::Macro(call) => find.take(&mut call.attrs),
        Stmt::Expr(expr, _) => find.visit_expr_mut(expr),
        Stmt::Item(_) => {}
    }
    find.found
}

struct Find<'n> {
    name: &'n str,
    found: Vec<Attribute>,
}

impl Find<'_> {
    fn take(&mut self, attrs: &mut Vec<Attribute>) {
        self.found.extend(attrs.extract_if(.., |attr| attr.path().is_ident(self.name)));
    }
}

impl VisitMut for Find<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Assign(expr) => self.take(&mut expr.attrs),
            Expr::Await(expr) => self.take(&mut expr.attrs),
            Expr::Binary(expr) => self.take(&mut expr.attrs),
            Expr::Block(expr) => self.take(&mut expr.attrs),
            Expr::Call(expr) => self.take(&mut expr.attrs),
            Expr::ForLoop(expr) => self.take(&mut expr.attrs),
            Expr::Loop(expr) => self.take(&mut expr.attrs),
            Expr::While(expr) => self.take(&mut expr.attrs),
            Expr::Field(expr) => self.take(&mut expr.attrs),
            Expr::If(expr) => self.take(&mut expr.attrs),
            Expr::Macro(expr) => self.take(&mut expr.attrs),
            Expr::Match(expr) => self.take(&mut expr.attrs),
            Expr::MethodCall(expr) => self.take(&mut expr.attrs),
            Expr::Path(expr) => self.take(&mut expr.attrs),
            Expr::Return(expr) => self.take(&mut expr.attrs),
            Expr::Try(expr) => self.take(&mut expr.attrs),
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expr);
    }
    fn visit_block_mut(&mut self, _: &mut syn::Block) {}
}
