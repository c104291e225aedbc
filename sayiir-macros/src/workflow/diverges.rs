//! Does a piece of code never come to its end? What follows it is then not reached from there, and needs nothing.
//!
//! Only what the syntax shows counts: a call of a function that never returns is found where it is one of the standard
//! library's.

use syn::{Block, Expr, Stmt};

const MACROS: [&str; 4] = ["panic", "unreachable", "todo", "unimplemented"];
const FUNCTIONS: [&str; 3] = ["exit", "abort", "panic_any"];

/// Whether evaluating the expression never ends normally.
pub(crate) fn expr(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) => true,
        Expr::Paren(inner) => self::expr(&inner.expr),
        Expr::Group(inner) => self::expr(&inner.expr),
        Expr::Block(inner) => inner.label.is_none() && block(&inner.block),
        Expr::Unsafe(inner) => block(&inner.block),
        Expr::If(branch) => {
            let otherwise = branch.else_branch.as_ref().map(|(_, otherwise)| otherwise);
            block(&branch.then_branch) && otherwise.is_some_and(|otherwise| self::expr(otherwise))
        }
        Expr::Match(choice) => {
            self::expr(&choice.expr)
                || (!choice.arms.is_empty() && choice.arms.iter().all(|arm| self::expr(&arm.body)))
        }
        Expr::Macro(call) => {
            call.mac.path.segments.last().is_some_and(|last| MACROS.iter().any(|name| last.ident == name))
        }
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                let segments = &path.path.segments;
                let standard = segments.len() > 1
                    && segments.iter().any(|part| part.ident == "process" || part.ident == "panic");
                standard
                    && segments.last().is_some_and(|last| FUNCTIONS.iter().any(|name| last.ident == name))
            }
            _ => false,
        },
        _ => false,
    }
}

fn block(block: &Block) -> bool {
    block.stmts.iter().any(stmt)
}

/// Whether the statement never ends normally.
pub(crate) fn stmt(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(expr, _) => self::expr(expr),
        Stmt::Macro(call) => {
            call.mac.path.segments.last().is_some_and(|last| MACROS.iter().any(|name| last.ident == name))
        }
        Stmt::Local(local) => local.init.as_ref().is_some_and(|init| self::expr(&init.expr)),
        Stmt::Item(_) => false,
    }
}
