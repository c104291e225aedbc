//! Control flow that has a value: `if`, `match`, blocks, loops that break with it.

use super::Writer;
use super::code::{Code, Known};
use super::jumps::{Kind, Target};
use super::types::Ty;

impl Writer {
    /// A value that comes out of control flow.
    pub(crate) fn flow_value(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        match self.rng.below(13) {
            0..3 => Some(self.if_value(ty, depth)),
            3..5 => Some(self.match_value(ty, depth)),
            5 => Some(self.if_let_value(ty, depth)),
            6 => Some(self.block_value(ty, depth)),
            7 if self.sealed == 0 => Some(self.labelled_value(ty, depth)),
            8 if self.sealed == 0 => Some(self.loop_value(ty, depth)),
            9 if self.sealed == 0 => Some(self.value_or_jump(ty, depth)),
            10 => self.closure_value(ty, depth),
            11 if self.sealed == 0 => self.selected(ty, depth),
            _ => None,
        }
    }

    /// The inside of a block that ends in a value.
    pub(crate) fn block_inside(&mut self, ty: &Ty, depth: u32) -> (String, Known) {
        self.scoped(|w| {
            let mut text = String::new();
            if w.sealed == 0 {
                for _ in 0..w.rng.below(3) {
                    if w.budget > 0 {
                        text += &w.statement(depth);
                    }
                }
            }
            let value = w.expr(ty, depth);
            text += &value.leading();
            (text, value.known)
        })
    }

    /// The value of a function's body.
    pub(crate) fn tail(&mut self, ty: &Ty) -> String {
        if self.rng.chance(15) {
            return format!("return {};", self.expr(ty, 2).value());
        }
        let value = self.expr(ty, 2);
        value.leading()
    }

    fn if_value(&mut self, ty: &Ty, depth: u32) -> Code {
        let cond = self.expr(&Ty::Bool, depth).condition();
        let (then, known) = self.block_inside(ty, depth);
        if self.rng.chance(30) {
            let other = self.expr(&Ty::Bool, depth).condition();
            let (middle, known2) = self.block_inside(ty, depth);
            let (last, known3) = self.block_inside(ty, depth);
            let known = known.max(known2).max(known3);
            return Code::braced(format!(
                "if {cond} {{\n{then}\n}} else if {other} {{\n{middle}\n}} else {{\n{last}\n}}"
            ))
            .known(known);
        }
        let (last, known2) = self.block_inside(ty, depth);
        Code::braced(format!("if {cond} {{\n{then}\n}} else {{\n{last}\n}}")).known(known.max(known2))
    }

    fn if_let_value(&mut self, ty: &Ty, depth: u32) -> Code {
        let (cond, then, known1) = self.scoped(|w| {
            let cond = w.chain(depth);
            let (then, known) = w.block_inside(ty, depth);
            (cond, then, known)
        });
        let (last, known2) = self.block_inside(ty, depth);
        Code::braced(format!("if {cond} {{\n{then}\n}} else {{\n{last}\n}}")).known(known1.max(known2))
    }

    fn match_value(&mut self, ty: &Ty, depth: u32) -> Code {
        let of = self.matched_type();
        let scrutinee = self.typed(&of, depth);
        let mut known = Known::Fully;
        let mut arms = String::new();
        for _ in 0..self.rng.below(3) {
            let (pattern, bound) = self.arm_pattern(&of, true);
            let body = self.scoped(|w| {
                w.declare_all(bound, Known::Fully);
                let guard = w.guard(25);
                let (body, k) = w.arm_value(ty, depth, true);
                known = known.max(k);
                format!("{pattern}{guard} => {body}\n")
            });
            arms += &body;
        }
        for pattern in self.closing_patterns(&of) {
            let body = self.scoped(|w| {
                w.declare_all(pattern.1, Known::Fully);
                let (body, k) = w.arm_value(ty, depth, false);
                known = known.max(k);
                format!("{} => {body}\n", pattern.0)
            });
            arms += &body;
        }
        Code::braced(format!("match {} {{\n{arms}}}", scrutinee.condition())).known(known)
    }

    pub(crate) fn arm_value(&mut self, ty: &Ty, depth: u32, may_leave: bool) -> (String, Known) {
        if self.rng.chance(60) {
            let value = self.expr(ty, depth);
            return (format!("{},", value.value()), value.known);
        }
        if may_leave
            && self.rng.chance(40)
            && let Some(jump) = self.jump(depth)
        {
            return (format!("{jump},"), Known::Fully);
        }
        let (inside, known) = self.block_inside(ty, depth);
        (format!("{{\n{inside}\n}}"), known)
    }

    fn block_value(&mut self, ty: &Ty, depth: u32) -> Code {
        let (inside, known) = self.block_inside(ty, depth);
        Code::braced(format!("{{\n{inside}\n}}")).known(known)
    }

    fn labelled_value(&mut self, ty: &Ty, depth: u32) -> Code {
        let label = self.fresh_label();
        self.targets.push(Target { label: Some(label.clone()), kind: Kind::Block(ty.clone()) });
        let cond = self.expr(&Ty::Bool, depth).condition();
        let early = self.expr(ty, depth);
        let (inside, known) = self.block_inside(ty, depth);
        self.targets.pop();
        Code::braced(format!(
            "{label}: {{\nif {cond} {{\nbreak {label} {};\n}}\n{inside}\n}}",
            early.operand()
        ))
        .known(known.max(early.known))
    }

    fn loop_value(&mut self, ty: &Ty, depth: u32) -> Code {
        let label = self.maybe_label();
        let head = label.clone().map(|label| format!("{label}: ")).unwrap_or_default();
        self.loops += 1;
        // The way out does not lead back in: the loop is not a target yet.
        let last = self.expr(ty, depth);
        self.targets.push(Target { label, kind: Kind::ValueLoop(ty.clone()) });
        let (inside, value) = self.scoped(|w| {
            let inside = w.some_statements(depth);
            let cond = w.expr(&Ty::Bool, depth).condition();
            let value = w.expr(ty, depth);
            (inside, format!("if {cond} {{\nbreak {};\n}}\n", value.operand()))
        });
        self.loops -= 1;
        self.targets.pop();
        Code::braced(format!(
            "{head}loop {{\nif !turn() {{\nbreak {};\n}}\n{inside}{value}}}",
            last.operand()
        ))
        .known(Known::Loosely.max(last.known))
    }

    /// Either a value, or the code goes on elsewhere.
    fn value_or_jump(&mut self, ty: &Ty, depth: u32) -> Code {
        let Some(jump) = self.jump(depth) else {
            return self.leaf(ty);
        };
        let option = self.typed(&Ty::option(Ty::Int), depth).condition();
        self.scoped(|w| {
            w.declare("got", &Ty::Int, false, Known::Fully);
            let value = w.expr(ty, depth);
            Code::braced(format!("match {option} {{\nSome(got) => {},\nNone => {jump},\n}}", value.value()))
                .known(value.known)
        })
    }
}
