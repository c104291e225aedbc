//! Strings: formatting with captured names, concatenation, methods.

use super::code::Code;
use super::types::Ty;
use super::{Maker, Writer};

pub(crate) const MAKERS: &[Maker] =
    &[formatted, formatted, concatenated, method, unwrapped, field, tried, joined];

fn formatted(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    Some(Code::atom(format!("format!({})", w.format_arguments(depth))))
}

fn concatenated(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let left = w.expr(&Ty::Text, depth).operand();
    let right = w.expr(&Ty::Text, depth).operand();
    Some(Code::operator(format!("{left} + &{right}")))
}

fn method(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (receiver, _) = w.looked_at(&Ty::Text, depth);
    let call = *w.rng.one_of(&[
        "to_uppercase()",
        "trim().to_owned()",
        "chars().rev().collect::<String>()",
        "replace('a', \"bb\")",
    ]);
    Some(Code::atom(format!("{receiver}.{call}")))
}

fn unwrapped(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let receiver = w.typed(&Ty::option(Ty::Text), depth).operand();
    if w.rng.chance(30) {
        return Some(Code::atom(format!("{receiver}.unwrap_or_default()")));
    }
    let otherwise = w.expr(&Ty::Text, depth).value();
    Some(Code::atom(format!("{receiver}.unwrap_or({otherwise})")))
}

fn field(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    match w.rng.below(3) {
        0 => {
            let (place, _) = w.looked_at(&Ty::Point, depth);
            Some(Code::atom(format!("{place}.label.clone()")))
        }
        1 => {
            let (place, _) = w.looked_at(&Ty::pair(Ty::Int, Ty::Text), depth);
            Some(Code::atom(format!("{place}.1.clone()")))
        }
        _ => {
            let point = w.expr(&Ty::Point, depth).operand();
            Some(Code::atom(format!("{point}.into_pair().1")))
        }
    }
}

fn tried(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    if !w.can_try() {
        return None;
    }
    let code = w.typed(&Ty::result(Ty::Text), depth).operand();
    Some(Code::atom(format!("{code}?")))
}

fn joined(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (first, second) = (w.expr(&Ty::Text, depth), w.expr(&Ty::Text, depth));
    Some(Code::atom(format!("[{}, {}].concat()", first.value(), second.value())))
}
