//! Structs, enums and `Result`.

use super::code::{Code, Known};
use super::types::Ty;
use super::{Maker, Writer};

pub(crate) const POINTS: &[Maker] = &[whole, whole, shorthand, updated, shifted, defaulted];
pub(crate) const SHAPES: &[Maker] = &[line, rect, perhaps, both];
pub(crate) const RESULTS: &[Maker] = &[ok, ok, err, mapped];

fn whole(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    if w.rng.chance(50) {
        let (x, label) = (w.expr(&Ty::Int, depth), w.expr(&Ty::Text, depth));
        return Some(Code::record(format!("Point {{ x: {}, label: {} }}", x.value(), label.value())));
    }
    // Fields are evaluated in the order in which they are written.
    let (label, x) = (w.expr(&Ty::Text, depth), w.expr(&Ty::Int, depth));
    Some(Code::record(format!("Point {{ label: {}, x: {} }}", label.value(), x.value())))
}

fn shorthand(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    w.pick(|variable| variable.name == "x" && variable.ty == Ty::Int)?;
    let label = w.expr(&Ty::Text, depth).value();
    Some(Code::record(format!("Point {{ x, label: {label} }}")))
}

fn updated(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let x = w.expr(&Ty::Int, depth).value();
    let rest = w.expr(&Ty::Point, depth).operand();
    Some(Code::record(format!("Point {{ x: {x}, ..{rest} }}")))
}

fn shifted(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (receiver, variable) = w.looked_at(&Ty::Point, depth);
    let by = w.behind(variable, |w| w.expr(&Ty::Int, depth).value());
    Some(Code::atom(format!("{receiver}.shifted({by})")))
}

fn defaulted(_: &mut Writer, _: &Ty, _: u32) -> Option<Code> {
    Some(Code::atom("Point::default()"))
}

fn line(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let n = w.expr(&Ty::Int, depth).value();
    Some(Code::atom(format!("Shape::Line({n})")))
}

fn rect(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (width, name) = (w.expr(&Ty::Int, depth), w.expr(&Ty::Text, depth));
    Some(Code::record(format!("Shape::Rect {{ w: {}, name: {} }}", width.value(), name.value())))
}

fn perhaps(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let n = w.expr(&Ty::option(Ty::Int), depth).value();
    Some(Code::atom(format!("Shape::Perhaps({n})")))
}

fn both(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    let (inner, n) = (w.expr(&Ty::Shape, depth.min(1)), w.expr(&Ty::Int, depth));
    Some(Code::atom(format!("Shape::Both(Box::new({}), {})", inner.value(), n.value())))
}

fn ok(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let Ty::Result(inner) = ty else { return None };
    let value = w.expr(inner, depth).value();
    Some(Code::atom(format!("Ok({value})")).known(Known::Open))
}

fn err(w: &mut Writer, _: &Ty, depth: u32) -> Option<Code> {
    if let Some(failure) = w.pick(|variable| variable.ty == Ty::Failure) {
        let failure = w.take(failure).value();
        return Some(Code::atom(format!("Err({failure})")).known(Known::Open));
    }
    let n = w.expr(&Ty::Int, depth).value();
    Some(Code::atom(format!("Err(Failure::Odd({n}))")).known(Known::Open))
}

fn mapped(w: &mut Writer, ty: &Ty, depth: u32) -> Option<Code> {
    let Ty::Result(inner) = ty else { return None };
    let option = w.typed(&Ty::option((**inner).clone()), depth).operand();
    let n = w.leaf(&Ty::Int).value();
    Some(Code::atom(format!("{option}.ok_or(Failure::Odd({n}))")))
}
