//! References: taken, looked through, and gone before the next await; and the items of loops over `&list`, which stay.

use super::Writer;
use super::code::{Code, Known};
use super::types::Ty;

impl Writer {
    /// A reference to a variable, used at once.
    pub(crate) fn reference(&mut self) -> Option<String> {
        let name = self.unique("borrowed");
        if self.rng.chance(50)
            && let Some(variable) = self.pick_mutable(|variable| variable.ty == Ty::Int)
        {
            let target = self.name(variable);
            let by = self.locking(variable, |w| w.int_literal().operand());
            return Some(match self.rng.below(3) {
                0 => format!("let {name} = &mut {target};\n*{name} ^= {by};\n"),
                1 => format!("let mut {name} = |by: i64| {target} += by;\n{name}({by});\n{name}(2);\n"),
                _ => {
                    format!("match &mut {target} {{\n{name} if *{name} > 3 => *{name} -= 1,\n_ => (),\n}}\n")
                }
            });
        }
        let variable = self.pick(|_| true)?;
        let target = self.name(variable);
        Some(match (&self.variables[variable].ty, self.rng.below(2)) {
            (Ty::Option(_), 0) => {
                format!("if let Some(ref {name}) = {target} {{\ntrace!(\"{{{name}:?}}\");\n}}\n")
            }
            (Ty::Point, 0) => {
                format!("let Point {{ label: {name}, .. }} = &{target};\ntrace!(\"{{{name}}}\");\n")
            }
            _ => format!("let {name} = &{target};\ntrace!(\"{{{name}:?}}\");\n"),
        })
    }

    /// `for .. in &list` with code of every kind inside.
    pub(crate) fn borrowed_loop(&mut self, head: &str, depth: u32) -> Option<String> {
        let wanted = [Ty::list(Ty::Int), Ty::list(Ty::Text), Ty::option(Ty::Int)];
        let list = self.pick(|variable| wanted.contains(&variable.ty) && variable.known == Known::Fully)?;
        let over = self.name(list);
        let inner = match &self.variables[list].ty {
            Ty::List(inner) | Ty::Option(inner) => (**inner).clone(),
            _ => return None,
        };
        Some(self.locking(list, |w| {
            let name = w.fresh_name(&[]);
            let pattern = if inner == Ty::Int && w.rng.chance(40) {
                w.declare(&name, &Ty::Int, false, Known::Fully);
                format!("&{name}")
            } else {
                w.declare(&name, &Ty::Borrowed(Box::new(inner)), false, Known::Fully);
                name
            };
            format!(
                "{head}for {pattern} in &{over} {{\nif !turn() {{\nbreak;\n}}\n{}}}\n",
                w.loop_body(depth)
            )
        }))
    }

    /// What a reference refers to, copied.
    pub(crate) fn behind_reference(&mut self, ty: &Ty) -> Option<Code> {
        let wanted = Ty::Borrowed(Box::new(ty.clone()));
        let name = self.pick(|variable| variable.ty == wanted).map(|variable| self.name(variable))?;
        Some(if ty.is_copy() {
            Code::operator(format!("*{name}"))
        } else {
            Code::atom(format!("{name}.clone()"))
        })
    }
}
