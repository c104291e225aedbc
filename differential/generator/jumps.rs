//! Labels, `break`, `continue` and `return`.

use super::Writer;
use super::types::Ty;

/// What a jump can name.
pub(crate) struct Target {
    pub(crate) label: Option<String>,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    /// `while`, `for`, and `loop` without a value.
    Loop,
    /// A `loop` whose value has this type.
    ValueLoop(Ty),
    /// A labelled block with a value.
    Block(Ty),
}

impl Writer {
    pub(crate) fn fresh_label(&mut self) -> String {
        self.labels += 1;
        // Labels shadow one another as well.
        let names = ["'outer", "'inner", "'l", "'machine", "'stretch"];
        let name = *self.rng.one_of(&names);
        if self.targets.iter().any(|target| target.label.as_deref() == Some(name)) {
            return format!("{name}{}", self.labels);
        }
        name.to_owned()
    }

    pub(crate) fn maybe_label(&mut self) -> Option<String> {
        self.rng.chance(50).then(|| self.fresh_label())
    }

    /// An expression that goes elsewhere.
    pub(crate) fn jump(&mut self, depth: u32) -> Option<String> {
        if self.sealed > 0 {
            return None;
        }
        if self.targets.is_empty() || self.rng.chance(8) {
            return Some(self.leave(depth));
        }
        let count = u32::try_from(self.targets.len()).ok()?;
        let index = self.rng.below(count).max(self.rng.below(count)) as usize;
        let innermost = index + 1 == self.targets.len();
        let target = &self.targets[index];
        // In the condition of `while` Rust wants a label.
        let needs_label = !innermost || index < self.conditions || matches!(target.kind, Kind::Block(_));
        let label = match &target.label {
            Some(label) if needs_label || self.rng.chance(50) => format!(" {label}"),
            None if needs_label => return Some(self.leave(depth)),
            Some(_) | None => String::new(),
        };
        let value = match &self.targets[index].kind {
            Kind::Loop => None,
            Kind::ValueLoop(ty) | Kind::Block(ty) => Some(ty.clone()),
        };
        let is_loop = !matches!(self.targets[index].kind, Kind::Block(_));
        if is_loop && self.rng.chance(50) {
            return Some(format!("continue{label}"));
        }
        Some(match value {
            None => format!("break{label}"),
            Some(ty) => format!("break{label} {}", self.expr(&ty, depth.min(1)).operand()),
        })
    }

    /// `return` with a value.
    fn leave(&mut self, depth: u32) -> String {
        let output = self.output.clone();
        if output == Ty::Unit {
            return "return".into();
        }
        format!("return {}", self.expr(&output, depth.min(1)).value())
    }
}

/// Whether a text jumps: then it does not go into the arguments of a macro, where the compiler cannot see it.
pub(crate) fn jumps(text: &str) -> bool {
    text.contains("break") || text.contains("continue")
}

/// Whether a text leaves the code behind it, or a part of it: what is never reached is not compiled, and settles no type.
pub(crate) fn leaves(text: &str) -> bool {
    jumps(text) || text.contains("return")
}
