//! Order of evaluation: operands that later operands change, and that leave a trace when they are evaluated.

use super::Writer;
use super::code::Code;
use super::scope::Variable;
use super::types::Ty;

impl Writer {
    /// A variable next to code that changes it and then waits.
    pub(crate) fn ordered(&mut self, depth: u32) -> Option<Code> {
        let fits = |variable: &Variable| variable.ty == Ty::Int || variable.ty == Ty::Point;
        let variable =
            self.pick_mutable(|variable| fits(variable) && variable.known == super::Known::Fully)?;
        let name = self.name(variable);
        let place = if self.variables[variable].ty == Ty::Point { format!("{name}.x") } else { name };
        let operator = *self.rng.one_of(&["+=", "-=", "^=", "="]);
        let by = self.int_literal().operand();
        let later = self.scoped(|w| {
            let value = w.awaited(&Ty::Int, depth.min(1)).unwrap_or_else(|| w.leaf(&Ty::Int));
            format!("{{\n{place} {operator} {by};\n{}\n}}", value.leading())
        });
        Some(match self.rng.below(9) {
            0 => Code::atom(format!("{place}.max({later})")),
            1 => Code::atom(format!("i64::from({place} < {later})")),
            2 => Code::operator(format!("{place} - ({later})")),
            3 => Code::atom(format!("weigh({place}, {later})")),
            4 => Code::atom(format!("[{place}, {later}, {place}].iter().sum::<i64>()")),
            5 => Code::operator(format!("-{place} ^ ({later})")),
            6 => Code::atom(format!("({place}, {later}).0")),
            7 => Code::operator(format!("({place} as u8 as i64) - ({later})")),
            _ => Code::atom(format!("Some({place}).unwrap_or({later})")),
        })
    }

    /// A value that leaves a trace when it is computed.
    pub(crate) fn noted(&mut self, depth: u32) -> Code {
        self.labels += 1;
        let mark = self.labels;
        let value = self.expr(&Ty::Int, depth);
        Code::braced(format!("{{\ntrace!(\"at {mark}\");\n{}\n}}", value.leading())).known(value.known)
    }
}
