//! The attribute `#[at("name")]` before a statement.

use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Stmt};

/// Takes the attribute off a statement. Before an expression, syn puts it on the leftmost part of it.
pub(super) fn find(stmt: &mut Stmt) -> Option<Attribute> {
    let mut find = Find(None);
    match stmt {
        Stmt::Local(local) => find.take(&mut local.attrs),
        Stmt::Expr(expr, _) => find.visit_expr_mut(expr),
        Stmt::Item(_) | Stmt::Macro(_) => {}
    }
    find.0
}

struct Find(Option<Attribute>);

impl Find {
    fn take(&mut self, attrs: &mut Vec<Attribute>) {
        let found = attrs.extract_if(.., |attr| attr.path().is_ident("at")).last();
        self.0 = self.0.take().or(found);
    }
}

impl VisitMut for Find {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Assign(expr) => self.take(&mut expr.attrs),
            Expr::Await(expr) => self.take(&mut expr.attrs),
            Expr::Binary(expr) => self.take(&mut expr.attrs),
            Expr::Block(expr) => self.take(&mut expr.attrs),
            Expr::Call(expr) => self.take(&mut expr.attrs),
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
