//! Does a piece of code have to be taken apart? It does if it awaits, or if it jumps to a loop or block that was.

use syn::visit::{self, Visit};
use syn::{Expr, Lifetime, Stmt};

/// Whether the expression awaits, or breaks or continues out of itself.
pub(crate) fn expr(expr: &Expr) -> bool {
    let mut find = Find::default();
    find.visit_expr(expr);
    find.found
}

/// Whether the body of a loop awaits.
pub(crate) fn block(block: &syn::Block) -> bool {
    block.stmts.iter().any(|stmt| awaits(stmt) > 0)
}

/// Whether the expression is a `return`, or a branch that may return.
pub(crate) fn returns(expr: &Expr) -> bool {
    matches!(expr, Expr::Return(_) | Expr::If(_) | Expr::Match(_)) && may_return(expr)
}

/// Whether there is a `return` in the expression.
pub(crate) fn may_return(expr: &Expr) -> bool {
    #[derive(Default)]
    struct Returns(bool);
    impl<'ast> Visit<'ast> for Returns {
        fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
            self.0 = true;
        }
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut returns = Returns::default();
    returns.visit_expr(expr);
    returns.0
}

/// How often the statement awaits.
pub(crate) fn awaits(stmt: &Stmt) -> usize {
    struct Count(usize);
    impl<'ast> Visit<'ast> for Count {
        fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
            self.0 += 1;
            visit::visit_expr_await(self, expr);
        }
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut count = Count(0);
    count.visit_stmt(stmt);
    count.0
}

/// The first await in the order of evaluation.
pub(crate) fn first_await(expr: &Expr) -> Option<syn::ExprAwait> {
    #[derive(Default)]
    struct First(Option<syn::ExprAwait>);
    impl<'ast> Visit<'ast> for First {
        fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
            visit::visit_expr_await(self, expr);
            self.0.get_or_insert_with(|| expr.clone());
        }
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut first = First::default();
    first.visit_expr(expr);
    first.0
}

#[derive(Default)]
struct Find<'ast> {
    found: bool,
    /// How many unlabelled loops are around us.
    loops: usize,
    labels: Vec<&'ast Lifetime>,
}

impl<'ast> Find<'ast> {
    fn jump(&mut self, label: Option<&'ast Lifetime>) {
        self.found |= match label {
            Some(label) => !self.labels.iter().any(|known| known.ident == label.ident),
            None => self.loops == 0,
        };
    }

    fn looped(&mut self, label: Option<&'ast syn::Label>, body: impl FnOnce(&mut Self)) {
        self.loops += 1;
        self.labelled(label, body);
        self.loops -= 1;
    }

    fn labelled(&mut self, label: Option<&'ast syn::Label>, body: impl FnOnce(&mut Self)) {
        self.labels.extend(label.map(|label| &label.name));
        body(self);
        if label.is_some() {
            self.labels.pop();
        }
    }
}

impl<'ast> Visit<'ast> for Find<'ast> {
    fn visit_expr_await(&mut self, _: &'ast syn::ExprAwait) {
        self.found = true;
    }
    fn visit_expr_macro(&mut self, call: &'ast syn::ExprMacro) {
        self.found |= is_compensation(&call.mac);
    }
    fn visit_stmt_macro(&mut self, call: &'ast syn::StmtMacro) {
        self.found |= is_compensation(&call.mac);
    }
    fn visit_expr_break(&mut self, jump: &'ast syn::ExprBreak) {
        self.jump(jump.label.as_ref());
        visit::visit_expr_break(self, jump);
    }
    fn visit_expr_continue(&mut self, jump: &'ast syn::ExprContinue) {
        self.jump(jump.label.as_ref());
    }
    fn visit_expr_loop(&mut self, repeat: &'ast syn::ExprLoop) {
        self.looped(repeat.label.as_ref(), |this| this.visit_block(&repeat.body));
    }
    fn visit_expr_while(&mut self, repeat: &'ast syn::ExprWhile) {
        self.looped(repeat.label.as_ref(), |this| {
            this.visit_expr(&repeat.cond);
            this.visit_block(&repeat.body);
        });
    }
    fn visit_expr_for_loop(&mut self, repeat: &'ast syn::ExprForLoop) {
        self.visit_expr(&repeat.expr);
        self.looped(repeat.label.as_ref(), |this| this.visit_block(&repeat.body));
    }
    fn visit_expr_block(&mut self, block: &'ast syn::ExprBlock) {
        self.labelled(block.label.as_ref(), |this| this.visit_block(&block.block));
    }
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// `compensate!` speaks to the engine, so it stands between the user's code and not in it.
pub(crate) fn is_compensation(mac: &syn::Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| last.ident == "compensate")
}
