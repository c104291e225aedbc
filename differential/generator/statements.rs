//! A statement, or a few that belong together.

use super::Writer;
use super::types::Ty;

impl Writer {
    /// One statement.
    pub(crate) fn statement(&mut self, depth: u32) -> String {
        self.budget -= 1;
        let depth = depth.min(3);
        for _ in 0..4 {
            let made = match self.rng.below(28) {
                0..5 => Some(self.let_plain(depth)),
                5 => Some(self.let_pattern(depth)),
                6 => self.let_else(depth),
                7 => self.deferred(depth),
                8 => self.grown(depth),
                9..13 => self.assignment(depth),
                13..15 => Some(self.trace(depth)),
                15 | 16 if depth > 0 => Some(self.branch(depth - 1)),
                17 | 18 if depth > 0 => self.repetition(depth - 1),
                19 => self.conditional_jump(depth),
                20 => self.pause(),
                21 => self.item(depth),
                22 => self.asserted(depth),
                23 => self.remembered().map(|remembered| format!("{remembered};\n")),
                24 => self.reference(),
                25 => self.inferred(depth),
                _ => self.odd_one(depth),
            };
            if let Some(text) = made {
                return text;
            }
        }
        self.trace(depth)
    }

    /// At most three, also none.
    pub(crate) fn some_statements(&mut self, depth: u32) -> String {
        let mut text = String::new();
        for _ in 0..=self.rng.below(3) {
            if self.budget > 0 {
                text += &self.statement(depth);
            }
        }
        text
    }

    /// A block of statements.
    pub(crate) fn block(&mut self, depth: u32) -> String {
        self.scoped(|w| {
            let mut text = w.some_statements(depth);
            if !w.targets.is_empty()
                && w.rng.chance(10)
                && let Some(jump) = w.jump(depth)
            {
                text += &jump;
                text += ";\n";
            }
            format!("{{\n{text}}}")
        })
    }

    fn conditional_jump(&mut self, depth: u32) -> Option<String> {
        if self.targets.is_empty() && self.rng.chance(70) {
            return None;
        }
        let cond = self.seldom();
        let block = self.scoped(|w| {
            let inside = if w.rng.chance(40) { w.some_statements(1) } else { String::new() };
            Some(format!("{inside}{};\n", w.jump(depth)?))
        })?;
        Some(format!("if {cond} {{\n{block}}}\n"))
    }

    /// A condition that seldom holds.
    pub(crate) fn seldom(&mut self) -> String {
        let first = self.expr(&Ty::Int, 1).operand();
        match self.rng.below(3) {
            0 => format!("{first} > 9"),
            1 => format!("{first} == {}", self.rng.below(5)),
            _ => self.expr(&Ty::Bool, 1).condition(),
        }
    }

    /// What fits nowhere else.
    fn odd_one(&mut self, depth: u32) -> Option<String> {
        match self.rng.below(10) {
            0 => Some(format!("{}\n", self.block(depth))),
            1 => {
                let ty = Ty::any(&mut self.rng);
                Some(format!("let _ = {};\n", self.typed(&ty, depth).value()))
            }
            2 => {
                let ty = Ty::simple(&mut self.rng);
                Some(format!("drop({});\n", self.expr(&ty, depth).value()))
            }
            3 => self.closure_statement(depth),
            4 => self.swapped_variables(),
            5 => self.labelled_statement(depth),
            6 => self.received(),
            7 => self.select_statement(depth),
            8 => Some(self.array(depth)),
            _ if !self.can_await() => None,
            _ => Some("#[cfg(any())]\nlet missing = not_there().await;\n".to_owned()),
        }
    }
}
