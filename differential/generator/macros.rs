//! Macros with arguments: `trace!`, `format!`, `assert!`.

use super::Writer;
use super::jumps::jumps;
use super::types::Ty;

impl Writer {
    /// A format string with captured names, and what else it needs.
    pub(crate) fn format_arguments(&mut self, depth: u32) -> String {
        let mut text = String::new();
        let mut arguments = String::new();
        for _ in 0..=self.rng.below(2) {
            let Some(variable) = self.pick(|_| true) else { break };
            let variable = &self.variables[variable];
            let (name, ty) = (variable.name.trim_start_matches("r#").to_owned(), variable.ty.clone());
            text += &match self.rng.below(5) {
                0 if ty == Ty::Int || ty == Ty::Text => format!("{{{name}}} "),
                1 if ty == Ty::Int => format!("{{{name}:>4}} "),
                _ => format!("{{{name}:?}} "),
            };
        }
        match self.rng.below(4) {
            0 => {
                text += "{:?} {{}}";
                arguments = format!(", {}", self.macro_argument(depth));
            }
            1 => {
                text += "{k:?}";
                arguments = format!(", k = {}", self.macro_argument(depth));
            }
            _ => text += "{{x}}",
        }
        format!("\"{text}\"{arguments}")
    }

    /// An expression in the arguments of a macro, where nothing can be awaited.
    pub(crate) fn macro_argument(&mut self, depth: u32) -> String {
        let ty = Ty::simple(&mut self.rng);
        let value = self.opaquely(|w| w.frozen(|w| w.expr(&ty, depth.min(2)).value()));
        if jumps(&value) {
            return self.literal(&ty).value();
        }
        value
    }

    pub(crate) fn trace(&mut self, depth: u32) -> String {
        format!("trace!({});\n", self.format_arguments(depth))
    }

    /// Shows everything that is in scope.
    pub(crate) fn trace_all(&mut self) -> String {
        let names: Vec<String> = self
            .readable(|_| true)
            .into_iter()
            .map(|variable| format!("{{{}:?}}", self.name(variable).trim_start_matches("r#")))
            .collect();
        format!("trace!(\"end {}\");\n", names.join(" "))
    }

    pub(crate) fn asserted(&mut self, depth: u32) -> Option<String> {
        let variable = self.pick(|variable| variable.ty == Ty::Int || variable.ty == Ty::Text)?;
        let name = self.name(variable);
        Some(match self.rng.below(3) {
            0 => format!("assert_eq!({name}, {name}.clone(), {});\n", self.format_arguments(depth)),
            1 => format!("assert!({name} == {name} || {});\n", {
                let value = self.opaquely(|w| w.frozen(|w| w.expr(&Ty::Bool, 1).operand()));
                if jumps(&value) { "true".to_owned() } else { value }
            }),
            _ => format!(
                "debug_assert!(!{name}.to_string().contains('?'), \"{{{}}}\");\n",
                name.trim_start_matches("r#")
            ),
        })
    }
}
