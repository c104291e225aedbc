//! Conditions: comparisons, `&&` and `||`, tests of other types.

use super::code::{Code, Known};
use super::types::Ty;
use super::{Maker, Writer};

pub(crate) const MAKERS: &[Maker] =
    &[comparison, comparison, lazy, lazy, not, test, matched, strict, equal_text];

fn comparison(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let operator = *w.rng.one_of(&["<", "<=", ">", ">=", "==", "!="]);
    let (left, right) = (w.expr(&Ty::Int, depth), w.expr(&Ty::Int, depth));
    Some(Code::operator(format!("{} {operator} {}", left.operand(), right.operand())))
}

fn lazy(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let operator = *w.rng.one_of(&["&&", "||"]);
    let (left, right) = (w.expr(&Ty::Bool, depth), w.expr(&Ty::Bool, depth));
    Some(Code::operator(format!("{} {operator} {}", left.operand(), right.operand())))
}

fn strict(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let operator = *w.rng.one_of(&["&", "|", "^", "==", "!="]);
    let (left, right) = (w.expr(&Ty::Bool, depth), w.expr(&Ty::Bool, depth));
    Some(Code::operator(format!("{} {operator} {}", left.operand(), right.operand())))
}

fn not(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let code = w.expr(&Ty::Bool, depth).operand();
    Some(Code::operator(format!("!{code}")))
}

fn test(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (ty, name) = match w.rng.below(4) {
        0 => (Ty::option(Ty::Int), "is_some"),
        1 => (Ty::result(Ty::Int), "is_ok"),
        2 => (Ty::list(Ty::Int), "is_empty"),
        _ => (Ty::Text, "is_empty"),
    };
    let (receiver, _) = w.looked_at(&ty, depth);
    Some(Code::atom(format!("{receiver}.{name}()")))
}

fn matched(w: &mut Writer, _: &Ty, _: u32) -> Option<Code> {
    let variable = w.pick(|variable| variable.ty == Ty::Shape || variable.ty == Ty::option(Ty::Int))?;
    let name = w.name(variable);
    let ty = w.variables[variable].ty.clone();
    let guard = w.sealed(|w| {
        w.scoped(|w| {
            w.declare("q", &Ty::Int, false, Known::Fully);
            w.expr(&Ty::Bool, 1).value()
        })
    });
    Some(match ty {
        Ty::Shape => {
            Code::atom(format!("matches!({name}, Shape::Line(q) | Shape::Rect {{ w: q, .. }} if {guard})"))
        }
        _ => Code::atom(format!("matches!({name}, Some(q) if {guard})")),
    })
}

fn equal_text(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let ty = if w.rng.chance(70) { Ty::Text } else { Ty::Point };
    let operator = *w.rng.one_of(&["==", "!=", "<", ">="]);
    let (left, variable) = w.looked_at(&ty, depth);
    let right = w.behind(variable, |w| w.expr(&ty, depth).operand());
    Some(Code::operator(format!("{left} {operator} {right}")))
}
