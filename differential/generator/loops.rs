//! Loops and labelled blocks as statements. Every loop asks `turn()`, or goes over something short.

use super::Writer;
use super::code::Known;
use super::jumps::{Kind, Target};
use super::types::Ty;

/// What a `for` goes over, and what its items are.
struct Over {
    text: String,
    ty: Ty,
    known: Known,
}

impl Writer {
    pub(crate) fn repetition(&mut self, depth: u32) -> Option<String> {
        if self.sealed > 0 || self.loops > 2 {
            return None;
        }
        let label = self.maybe_label();
        let head = label.clone().map(|label| format!("{label}: ")).unwrap_or_default();
        let kind = self.rng.below(9);
        // What a `for` goes over is evaluated once, outside of the loop.
        let over = (5..8).contains(&kind).then(|| self.iterated(depth));
        self.targets.push(Target { label, kind: Kind::Loop });
        self.loops += 1;
        let text = self.scoped(|w| match (kind, over) {
            (_, Some(over)) => w.for_loop(&head, over, depth),
            (0 | 1, None) => w.while_loop(&head, depth),
            (2, None) => w.while_let(&head, depth),
            (3, None) => w.while_pop(&head, depth),
            (8, None) => w.borrowed_loop(&head, depth).unwrap_or_else(|| w.while_let(&head, depth)),
            (_, None) => format!("{head}loop {{\nif !turn() {{\nbreak;\n}}\n{}}}\n", w.loop_body(depth)),
        });
        self.loops -= 1;
        self.targets.pop();
        Some(text)
    }

    pub(crate) fn loop_body(&mut self, depth: u32) -> String {
        self.scoped(|w| {
            let mut text = w.some_statements(depth);
            if w.rng.chance(30) {
                let cond = w.seldom();
                if let Some(jump) = w.jump(depth) {
                    text += &format!("if {cond} {{\n{jump};\n}}\n");
                }
            }
            text + &w.some_statements(depth)
        })
    }

    fn in_condition<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let before = std::mem::replace(&mut self.conditions, self.targets.len());
        let result = body(self);
        self.conditions = before;
        result
    }

    /// Asks `turn()` before or after; before, where the condition itself begins another turn.
    fn limited(&mut self, cond: &str) -> String {
        if cond.contains("continue") || self.rng.chance(50) {
            format!("turn() && {cond}")
        } else {
            format!("{cond} && turn()")
        }
    }

    fn while_loop(&mut self, head: &str, depth: u32) -> String {
        let cond = self.in_condition(|w| w.expr(&Ty::Bool, depth).operand());
        let cond = self.limited(&cond);
        format!("{head}while {cond} {{\n{}}}\n", self.loop_body(depth))
    }

    fn while_let(&mut self, head: &str, depth: u32) -> String {
        let cond = self.in_condition(|w| w.chain(depth));
        let cond = self.limited(&cond);
        format!("{head}while {cond} {{\n{}}}\n", self.loop_body(depth))
    }

    fn while_pop(&mut self, head: &str, depth: u32) -> String {
        let list =
            self.pick_mutable(|variable| variable.ty == Ty::list(Ty::Int) && variable.known == Known::Fully);
        let Some(list) = list else {
            return self.while_let(head, depth);
        };
        let list = self.name(list);
        let (pattern, bound) = self.arm_pattern(&Ty::Int, false);
        self.declare_all(bound, Known::Fully);
        format!(
            "{head}while let Some({pattern}) = {list}.pop() {{\nif !turn() {{\nbreak;\n}}\n{}}}\n",
            self.loop_body(depth)
        )
    }

    fn iterated(&mut self, depth: u32) -> Over {
        let int = Ty::Int;
        let (text, ty) = match self.rng.below(8) {
            0 | 1 => {
                let ty = if self.rng.chance(70) { Ty::Int } else { Ty::Text };
                (self.typed(&Ty::list(ty.clone()), depth).condition(), ty)
            }
            2 => {
                let end = self.typed(&Ty::Int, depth).operand();
                (format!("0..{end} % 4"), int)
            }
            3 => {
                let start = self.typed(&Ty::Int, depth).operand();
                let end = self.typed(&Ty::Int, depth.min(1)).operand();
                (format!("{start} % 3..={end} % 3"), int)
            }
            4 => {
                let (list, _) = self.looked_at(&Ty::list(Ty::Int), 0);
                let pair = Ty::pair(Ty::Int, Ty::Int);
                (
                    format!("{list}.iter().enumerate().map(|(at, q)| (at as i64, *q)).collect::<Vec<_>>()"),
                    pair,
                )
            }
            5 => {
                let items: Vec<String> = (0..2).map(|_| self.expr(&Ty::Text, depth).value()).collect();
                (format!("[{}]", items.join(", ")), Ty::Text)
            }
            6 => (self.typed(&Ty::option(Ty::Int), depth).condition(), int),
            _ => {
                // Of which type the numbers are, only their use says.
                let text = format!("{}..{}", self.rng.below(2), self.rng.below(5));
                return Over { text, ty: int, known: Known::Loosely };
            }
        };
        Over { text, ty, known: Known::Fully }
    }

    fn for_loop(&mut self, head: &str, over: Over, depth: u32) -> String {
        let Over { text, ty, known } = over;
        let (pattern, bound) = self.arm_pattern(&ty, false);
        self.declare_all(bound, known);
        format!("{head}for {pattern} in {text} {{\nif !turn() {{\nbreak;\n}}\n{}}}\n", self.loop_body(depth))
    }

    /// A labelled block without a value.
    pub(crate) fn labelled_statement(&mut self, depth: u32) -> Option<String> {
        if self.sealed > 0 {
            return None;
        }
        let label = self.fresh_label();
        self.targets.push(Target { label: Some(label.clone()), kind: Kind::Block(Ty::Unit) });
        let cond = self.expr(&Ty::Bool, depth.min(1)).condition();
        let inside = self.scoped(|w| w.some_statements(depth));
        self.targets.pop();
        Some(format!("{label}: {{\nif {cond} {{\nbreak {label};\n}}\n{inside}}}\n"))
    }
}
