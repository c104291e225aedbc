//! Integers: operators, casts, methods, and what can be asked of other types.

use super::code::{Code, Known};
use super::types::Ty;
use super::{Maker, Writer};

pub(crate) const MAKERS: &[Maker] = &[
    sum, sum, sum, negative, method, length, condition, field, index, unwrapped, tried, folded, called, cast,
    changing, first_of, ordered, ordered, noted,
];

impl Writer {
    pub(crate) fn int_literal(&mut self) -> Code {
        let number = self.rng.below(9);
        match self.rng.below(4) {
            0 => Code::atom(format!("{number}i64")),
            1 => Code::operator(format!("-{number}")).known(Known::Loosely),
            _ => Code::atom(format!("{number}")).known(Known::Loosely),
        }
    }
}

fn sum(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let operator = *w.rng.one_of(&["+", "-", "*", "&", "|", "^", "% 7 +", "/ 3 -", "<< 1 |"]);
    let left = w.expr(&Ty::Int, depth);
    let right = w.expr(&Ty::Int, depth);
    let code = Code::operator(format!("{} {operator} {}", left.operand(), right.operand()));
    Some(code.known(left.known.max(right.known)))
}

fn negative(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let code = w.typed(&Ty::Int, depth);
    let sign = *w.rng.one_of(&["-", "!"]);
    Some(Code::operator(format!("{sign}{}", code.operand())))
}

fn method(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let receiver = w.typed(&Ty::Int, depth).operand();
    let argument = w.expr(&Ty::Int, depth).value();
    let name = *w.rng.one_of(&["wrapping_add", "wrapping_mul", "min", "max"]);
    Some(Code::atom(format!("{receiver}.{name}({argument})")))
}

fn length(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let ty = if w.rng.chance(50) { Ty::Text } else { Ty::list(Ty::Int) };
    let (receiver, _) = w.looked_at(&ty, depth);
    Some(Code::operator(format!("{receiver}.len() as i64")))
}

fn condition(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let flag = w.expr(&Ty::Bool, depth).value();
    Some(Code::atom(format!("i64::from({flag})")))
}

fn field(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    if w.rng.chance(50) {
        let (place, _) = w.looked_at(&Ty::Point, depth);
        return Some(Code::atom(format!("{place}.x")));
    }
    let (place, _) = w.looked_at(&Ty::pair(Ty::Int, Ty::Text), depth);
    Some(Code::atom(format!("{place}.0")))
}

fn index(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let mut items: Vec<String> = (0..3).map(|_| w.expr(&Ty::Int, depth.min(1)).value()).collect();
    // Three literals alone would leave the type open.
    items[0] = format!("i64::from({})", items[0]);
    let index = w.typed(&Ty::Int, depth).operand();
    Some(Code::atom(format!("[{}][{index}.unsigned_abs() as usize % 3]", items.join(", "))))
}

fn unwrapped(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let ty = if w.rng.chance(60) { Ty::option(Ty::Int) } else { Ty::result(Ty::Int) };
    let receiver = w.typed(&ty, depth).operand();
    let otherwise = w.expr(&Ty::Int, depth).value();
    Some(Code::atom(format!("{receiver}.unwrap_or({otherwise})")))
}

fn tried(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let ty = if w.can_try() {
        Ty::result(Ty::Int)
    } else if w.can_try_option() {
        Ty::option(Ty::Int)
    } else {
        return None;
    };
    let code = w.typed(&ty, depth).operand();
    Some(Code::atom(format!("{code}?")))
}

fn folded(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (list, variable) = w.looked_at(&Ty::list(Ty::Int), depth);
    let inner = w.behind(variable, |w| {
        w.sealed(|w| {
            w.scoped(|w| {
                w.declare("q", &Ty::Int, false, Known::Fully);
                w.expr(&Ty::Int, depth.min(1)).operand()
            })
        })
    });
    Some(Code::atom(format!("{list}.iter().map(|&q| q ^ {inner}).sum::<i64>()")))
}

fn called(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    match w.rng.below(3) {
        0 => {
            let (first, second) = (w.expr(&Ty::Int, depth), w.expr(&Ty::Int, depth));
            Some(Code::atom(format!("weigh({}, {})", first.value(), second.value())))
        }
        1 => {
            let (text, variable) = w.looked_at(&Ty::Text, 0);
            let plus = w.behind(variable, |w| w.expr(&Ty::Int, depth).value());
            Some(Code::atom(format!("measure(&{text}, {plus})")))
        }
        _ => w.item_value(depth),
    }
}

fn cast(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let code = w.typed(&Ty::Int, depth).operand();
    let through = *w.rng.one_of(&["u8", "i32", "usize", "i64"]);
    Some(Code::operator(format!("{code} as {through} as i64")))
}

fn ordered(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    w.ordered(depth)
}

fn noted(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    Some(w.noted(depth))
}

/// A block in the middle of an expression that changes a variable which other operands may read.
fn changing(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let variable = w.pick_mutable(|variable| variable.ty == Ty::Int)?;
    let name = w.name(variable);
    let by = w.expr(&Ty::Int, depth).value();
    let rest = w.scoped(|w| w.expr(&Ty::Int, depth).value());
    Some(Code::braced(format!("{{\n{name} += {by};\n{rest}\n}}")).known(Known::Loosely))
}

fn first_of(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (list, variable) = w.looked_at(&Ty::list(Ty::Int), depth);
    let otherwise = w.behind(variable, |w| {
        if w.opaque > 0 { w.leaf(&Ty::Int).value() } else { w.sealed(|w| w.leaf(&Ty::Int).value()) }
    });
    let which = *w.rng.one_of(&["first", "last"]);
    Some(Code::atom(format!("{list}.{which}().copied().unwrap_or({otherwise})")))
}
