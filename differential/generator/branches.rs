//! `if`, chains of `let`, and `match` as statements.

use super::Writer;
use super::code::Known;
use super::scope::Bound;
use super::types::Ty;

impl Writer {
    pub(crate) fn branch(&mut self, depth: u32) -> String {
        match self.rng.below(8) {
            0..3 => self.if_statement(depth),
            3 | 4 => self.if_let_statement(depth),
            5 => self.slice_match(depth),
            _ => self.match_statement(depth),
        }
    }

    fn if_statement(&mut self, depth: u32) -> String {
        let cond = self.expr(&Ty::Bool, depth).condition();
        let then = self.block(depth);
        match self.rng.below(3) {
            0 => format!("if {cond} {then}\n"),
            1 => format!("if {cond} {then} else {}\n", self.block(depth)),
            _ => {
                let other = self.expr(&Ty::Bool, depth).condition();
                let middle = self.block(depth);
                format!("if {cond} {then} else if {other} {middle} else {}\n", self.block(depth))
            }
        }
    }

    fn if_let_statement(&mut self, depth: u32) -> String {
        let (cond, then) = self.scoped(|w| {
            let cond = w.chain(depth);
            (cond, w.block(depth))
        });
        if self.rng.chance(50) {
            return format!("if {cond} {then}\n");
        }
        if self.rng.chance(30) {
            return format!("if {cond} {then} else {}", self.if_let_statement(depth));
        }
        format!("if {cond} {then} else {}\n", self.block(depth))
    }

    /// `let .. = .. && .. && let .. = ..`; declares what is bound.
    pub(crate) fn chain(&mut self, depth: u32) -> String {
        let mut parts = Vec::new();
        if self.rng.chance(25) {
            parts.push(self.expr(&Ty::Bool, depth).operand());
        }
        for _ in 0..=self.rng.below(2) {
            let ty = self.matched_type();
            let value = self.typed(&ty, depth).operand();
            let mut bound = Vec::new();
            let pattern = self.refutable(&ty, &mut bound);
            self.declare_all(bound, Known::Fully);
            parts.push(format!("let {pattern} = {value}"));
            if self.rng.chance(30) {
                parts.push(self.expr(&Ty::Bool, depth).operand());
            }
        }
        parts.join(" && ")
    }

    fn match_statement(&mut self, depth: u32) -> String {
        let ty = self.matched_type();
        let scrutinee = self.typed(&ty, depth).condition();
        let mut arms = String::new();
        let mut patterns: Vec<(String, Vec<Bound>, u32)> = Vec::new();
        for _ in 0..self.rng.below(3) {
            let (pattern, bound) = self.arm_pattern(&ty, true);
            patterns.push((pattern, bound, 30));
        }
        let closing = self.closing_patterns(&ty);
        patterns.extend(closing.into_iter().map(|(pattern, bound)| (pattern, bound, 0)));
        for (pattern, bound, guarded) in patterns {
            arms += &self.scoped(|w| {
                w.declare_all(bound, Known::Fully);
                let guard = w.guard(guarded);
                format!("{pattern}{guard} => {}\n", w.arm_body(depth))
            });
        }
        format!("match {scrutinee} {{\n{arms}}}\n")
    }

    pub(crate) fn arm_body(&mut self, depth: u32) -> String {
        match self.rng.below(7) {
            0 => "{}".into(),
            1 => match self.jump(depth) {
                Some(jump) => format!("{jump},"),
                None => "(),".into(),
            },
            2 => match self.pick_mutable(|variable| variable.ty == Ty::Int) {
                Some(variable) => {
                    let name = self.name(variable);
                    format!("{name} += {},", self.expr(&Ty::Int, depth).value())
                }
                None => "{}".into(),
            },
            3 => self.remembered().map_or_else(|| "{}".into(), |remembered| format!("{remembered},")),
            _ => self.block(depth),
        }
    }

    /// What is worth matching.
    pub(crate) fn matched_type(&mut self) -> Ty {
        match self.rng.below(10) {
            0..2 => Ty::option(Ty::Int),
            2 => Ty::option(Ty::Text),
            3 => Ty::result(Ty::Int),
            4 => Ty::result(Ty::Text),
            5..7 => Ty::Shape,
            7 => Ty::Int,
            8 => Ty::pair(Ty::Int, Ty::option(Ty::Int)),
            _ => Ty::Bool,
        }
    }

    pub(crate) fn arm_pattern(&mut self, ty: &Ty, refutable: bool) -> (String, Vec<Bound>) {
        let mut bound = Vec::new();
        let pattern =
            if refutable { self.refutable(ty, &mut bound) } else { self.irrefutable(ty, &mut bound) };
        (pattern, bound)
    }

    /// Patterns that leave nothing out.
    pub(crate) fn closing_patterns(&mut self, ty: &Ty) -> Vec<(String, Vec<Bound>)> {
        let inner = |w: &mut Self, inner: &Ty, around: &str| {
            let (pattern, bound) = w.arm_pattern(inner, false);
            (format!("{around}({pattern})"), bound)
        };
        let mut arms = match ty {
            Ty::Option(some) if self.rng.chance(70) => {
                vec![inner(self, some, "Some"), ("None".to_owned(), Vec::new())]
            }
            Ty::Result(ok) if self.rng.chance(70) => {
                vec![inner(self, ok, "Ok"), inner(self, &Ty::Failure, "Err")]
            }
            Ty::Bool => vec![("true".to_owned(), Vec::new()), ("false".to_owned(), Vec::new())],
            _ => vec![self.arm_pattern(ty, false)],
        };
        if arms.len() > 1 && self.rng.chance(50) {
            arms.reverse();
        }
        arms
    }

    /// ` if ..` so many times out of a hundred.
    pub(crate) fn guard(&mut self, percent: u32) -> String {
        if !self.rng.chance(percent) {
            return String::new();
        }
        let cond = self.sealed(|w| w.expr(&Ty::Bool, 1));
        format!(" if {}", cond.condition())
    }

    /// A match on what a list borrows: the arms copy what they need before they wait.
    fn slice_match(&mut self, depth: u32) -> String {
        let (list, variable) = self.looked_at(&Ty::list(Ty::Int), 0);
        let arms = self.behind(variable, |w| {
            let mut arms = format!("[] => {}\n", w.block(depth));
            let mut arm = |w: &mut Self, pattern: &str, copies: &str, names: &[&str]| {
                w.scoped(|w| {
                    for name in names {
                        w.declare(name, &Ty::Int, false, Known::Fully);
                    }
                    let block = w.block(depth);
                    arms += &format!("{pattern} => {{\n{copies}\n{block}\n}}\n");
                });
            };
            arm(w, "[a]", "let a = *a;", &["a"]);
            arm(w, "[first, rest @ ..]", "let (b, c) = (*first, rest.len() as i64);", &["b", "c"]);
            arms
        });
        format!("match {list}.as_slice() {{\n{arms}}}\n")
    }
}
