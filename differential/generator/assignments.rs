//! Changes of variables, with awaits on either side.

use super::Writer;
use super::code::Known;
use super::types::Ty;

impl Writer {
    pub(crate) fn assignment(&mut self, depth: u32) -> Option<String> {
        match self.rng.below(9) {
            0 | 1 => self.whole(depth),
            2..5 => self.compound(depth),
            5 => self.field_assigned(depth),
            6 => self.list_changed(depth),
            7 => self.text_changed(depth),
            _ => self.option_changed(),
        }
    }

    fn whole(&mut self, depth: u32) -> Option<String> {
        let in_loop = self.loops > 0;
        let grows = |ty: &Ty| !ty.is_copy() && *ty != Ty::Text && *ty != Ty::list(Ty::Int);
        let variable = self.pick_mutable(|variable| !in_loop || !grows(&variable.ty))?;
        let (name, ty) = (self.name(variable), self.variables[variable].ty.clone());
        let value = self.expr(&ty, depth).value();
        if self.readable(|_| true).contains(&variable) {
            self.refill(variable);
        }
        Some(match ty {
            Ty::Text if in_loop => format!("{name} = short({value});\n"),
            Ty::List(_) if in_loop => format!("{name} = {value};\n{name}.truncate(6);\n"),
            _ => format!("{name} = {value};\n"),
        })
    }

    fn compound(&mut self, depth: u32) -> Option<String> {
        let variable = self.pick_mutable(|variable| variable.ty == Ty::Int)?;
        let name = self.name(variable);
        let operator = *self.rng.one_of(&["+=", "-=", "*=", "^=", "|="]);
        let value = self.expr(&Ty::Int, depth).value();
        Some(self.named(format!("{name} {operator} {value};\n")))
    }

    fn field_assigned(&mut self, depth: u32) -> Option<String> {
        let variable = self.pick_mutable(|variable| {
            variable.known == Known::Fully
                && (variable.ty == Ty::Point || variable.ty == Ty::pair(Ty::Int, Ty::Text))
        })?;
        let name = self.name(variable);
        let (number, text) =
            if self.variables[variable].ty == Ty::Point { ("x", "label") } else { ("0", "1") };
        self.locking(variable, |w| {
            Some(match w.rng.below(4) {
                0 => format!("{name}.{number} = {};\n", w.expr(&Ty::Int, depth).value()),
                1 => format!("{name}.{number} += {};\n", w.expr(&Ty::Int, depth).value()),
                2 => format!("{name}.{text} = short({});\n", w.expr(&Ty::Text, depth).value()),
                _ if text == "label" => {
                    format!("{name}.rename(short({}));\n", w.expr(&Ty::Text, depth).value())
                }
                _ => format!(
                    "{name}.{text}.clear();\n{name}.{text}.push_str(&{});\n",
                    w.expr(&Ty::Text, depth).operand()
                ),
            })
        })
    }

    fn list_changed(&mut self, depth: u32) -> Option<String> {
        let variable = self.pick_mutable(|variable| variable.ty == Ty::list(Ty::Int))?;
        let name = self.name(variable);
        self.locking(variable, |w| {
            Some(match w.rng.below(6) {
                0 | 1 => format!("{name}.push({});\n", w.expr(&Ty::Int, depth).value()),
                2 => format!("{name}.truncate(6);\n{name}.extend({});\n{name}.truncate(6);\n", w.typed(&Ty::list(Ty::Int), depth).value()),
                3 => {
                    let value = w.expr(&Ty::Int, depth).value();
                    format!("if !{name}.is_empty() {{\n{name}[0] = {value};\n}}\n")
                }
                4 => {
                    let value = w.expr(&Ty::Int, depth).value();
                    let index = w.leaf(&Ty::Int).operand();
                    format!("if {name}.len() > 2 {{\n{name}[({index} as i64).unsigned_abs() as usize % 2] += {value};\n}}\n")
                }
                _ => format!("{name}.sort();\n{name}.dedup();\n"),
            })
        })
    }

    fn text_changed(&mut self, depth: u32) -> Option<String> {
        let variable = self.pick_mutable(|variable| variable.ty == Ty::Text)?;
        let name = self.name(variable);
        self.locking(variable, |w| {
            let value = w.expr(&Ty::Text, depth).operand();
            // What is repeated in a loop must not grow without end.
            Some(match w.rng.below(2) {
                0 => format!("{name}.truncate(0);\n{name} += &{value};\n"),
                _ => format!("if {name}.len() < 40 {{\n{name}.push_str(&{value});\n}}\n"),
            })
        })
    }

    fn option_changed(&mut self) -> Option<String> {
        let variable = self
            .pick_mutable(|variable| variable.ty == Ty::option(Ty::Int) && variable.known == Known::Fully)?;
        let name = self.name(variable);
        self.locking(variable, |w| {
            Some(match w.rng.below(3) {
                0 => format!("let _ = {name}.take();\n"),
                1 => {
                    let by = w.opaquely(|w| w.frozen(|w| w.leaf(&Ty::Int).value()));
                    format!("if let Some(inside) = &mut {name} {{\n*inside += {by};\n}}\n")
                }
                _ => {
                    let by = w.expr(&Ty::Int, 1).value();
                    format!("{name}.get_or_insert({by});\n")
                }
            })
        })
    }

    pub(crate) fn swapped_variables(&mut self) -> Option<String> {
        let first = self.pick_mutable(|variable| variable.ty == Ty::Int)?;
        let second = self.pick_mutable(|variable| variable.ty == Ty::Int)?;
        if first == second {
            return None;
        }
        let (first, second) = (self.name(first), self.name(second));
        Some(match self.rng.below(3) {
            0 => format!("({first}, {second}) = ({second}, {first});\n"),
            1 => format!("std::mem::swap(&mut {first}, &mut {second});\n"),
            _ => {
                let value = self.typed(&Ty::pair(Ty::Int, Ty::Int), 2).value();
                format!("({first}, {second}) = {value};\n")
            }
        })
    }
}
