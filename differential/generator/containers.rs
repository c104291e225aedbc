//! `Option`, `Vec` and tuples.

use super::code::{Code, Known};
use super::types::Ty;
use super::{Maker, Writer};

pub(crate) const OPTIONS: &[Maker] = &[some, some, mapped_option, filtered, ok_of];
pub(crate) const LISTS: &[Maker] = &[of_items, of_items, repeated, mapped_list, from_option];
pub(crate) const PAIRS: &[Maker] = &[tuple, tuple, swapped];

fn inner(ty: &Ty) -> &Ty {
    match ty {
        Ty::Option(inner) | Ty::List(inner) | Ty::Result(inner) => inner,
        other => other,
    }
}

/// The body of a closure with the parameter `q`.
fn of_q(w: &mut Writer, parameter: &Ty, result: &Ty, depth: u32) -> Code {
    w.sealed(|w| {
        w.scoped(|w| {
            w.declare("q", parameter, false, Known::Fully);
            w.expr(result, depth.min(1))
        })
    })
}

fn some(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let value = w.expr(inner(ty), depth);
    Some(Code::atom(format!("Some({})", value.value())).known(value.known))
}

fn mapped_option(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let receiver = w.typed(&Ty::option(Ty::Int), depth).operand();
    let body = of_q(w, &Ty::Int, inner(ty), depth);
    Some(Code::atom(format!("{receiver}.map(|q| {})", body.value())).known(body.known))
}

fn filtered(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    if *inner(ty) != Ty::Int {
        return None;
    }
    let receiver = w.typed(ty, depth).operand();
    let body = of_q(w, &Ty::Int, &Ty::Bool, depth);
    Some(Code::atom(format!("{receiver}.filter(|&q| {})", body.value())))
}

fn ok_of(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let receiver = w.typed(&Ty::result(inner(ty).clone()), depth).operand();
    Some(Code::atom(format!("{receiver}.ok()")))
}

fn of_items(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let count = 1 + w.rng.below(3);
    let items: Vec<Code> = (0..count).map(|_| w.expr(inner(ty), depth)).collect();
    let known = items.iter().map(|item| item.known).max().unwrap_or(Known::Open);
    let items: Vec<String> = items.iter().map(Code::value).collect();
    // `vec!` is a macro: nothing in it can be awaited, nor speak to the engine. Arrays can.
    let speaks = |item: &String| item.contains(".await") || item.contains("compensate!");
    let is_apart = items.iter().any(|item| speaks(item) || super::jumps::jumps(item));
    let items = items.join(", ");
    Some(if is_apart {
        Code::atom(format!("Vec::from([{items}])")).known(known)
    } else {
        Code::atom(format!("vec![{items}]")).known(known)
    })
}

fn repeated(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let item = w.opaquely(|w| w.sealed(|w| w.expr(inner(ty), depth.min(1))));
    let count = w.rng.below(4);
    Some(Code::atom(format!("vec![{}; {count}]", item.value())).known(item.known))
}

fn mapped_list(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let (list, variable) = w.looked_at(&Ty::list(Ty::Int), depth);
    let body = w.behind(variable, |w| of_q(w, &Ty::Int, inner(ty), depth));
    Some(Code::atom(format!(
        "{list}.iter().map(|&q| {}).collect::<Vec<{}>>()",
        body.value(),
        inner(ty).source()
    )))
}

fn from_option(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let receiver = w.typed(&Ty::option(inner(ty).clone()), depth).operand();
    Some(Code::atom(format!("{receiver}.into_iter().collect::<Vec<_>>()")))
}

fn tuple(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let Ty::Pair(first, second) = ty else { return None };
    let (first, second) = (w.expr(first, depth), w.expr(second, depth));
    let known = first.known.max(second.known);
    Some(Code::atom(format!("({}, {})", first.value(), second.value())).known(known))
}

fn swapped(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let Ty::Pair(first, second) = ty else { return None };
    let turned = w.typed(&Ty::pair((**second).clone(), (**first).clone()), depth);
    Some(Code::braced(format!("{{\nlet (p, q) = {};\n(q, p)\n}}", turned.value())))
}
