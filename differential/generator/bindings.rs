//! `let` in all its forms.

use super::Writer;
use super::code::Known;
use super::types::Ty;

impl Writer {
    pub(crate) fn let_plain(&mut self, depth: u32) -> String {
        let ty = Ty::any(&mut self.rng);
        let name = self.fresh_name(&[]);
        let mutable = self.rng.chance(50);
        if !mutable
            && self.rng.chance(12)
            && let Some(text) = self.annotated_signal(&name, &ty)
        {
            return text;
        }
        let value = self.expr(&ty, depth);
        let annotate = value.known == Known::Open || self.rng.chance(20);
        let known = if annotate { Known::Fully } else { value.known };
        self.declare(&name, &ty, mutable, known);
        let annotation = if annotate { format!(": {}", ty.source()) } else { String::new() };
        let keyword = if mutable { "let mut" } else { "let" };
        self.named(format!("{keyword} {name}{annotation} = {};\n", value.value()))
    }

    /// Names the place to wait of a statement that has one.
    pub(crate) fn named(&mut self, statement: String) -> String {
        let awaits_once = statement.matches(".await").count() == 1;
        if awaits_once && self.rng.chance(25) && !statement.contains("not_there()") {
            return format!("#[at(\"{}\")]\n{statement}", self.unique("place-"));
        }
        if statement.starts_with("let ") && self.rng.chance(2) {
            return format!("#[cfg(any(unix, not(unix)))]\n{statement}");
        }
        statement
    }

    /// A value whose type its expression leaves open: the variable's later use settles it.
    pub(crate) fn inferred(&mut self, depth: u32) -> Option<String> {
        let name = self.unique("inferred");
        let value = match self.rng.below(4) {
            0 => {
                let (list, _) = self.looked_at(&Ty::list(Ty::Int), depth);
                format!("{list}.iter().map(|q| q ^ 1).collect()")
            }
            1 => "Default::default()".to_owned(),
            2 => format!("{}.into_iter().rev().collect()", self.typed(&Ty::list(Ty::Int), depth).operand()),
            _ => format!("{}.into()", self.typed(&Ty::list(Ty::Int), depth).operand()),
        };
        let pause = self.pause()?;
        let between = self.scoped(|w| w.some_statements(depth.min(1)));
        if super::jumps::leaves(&between) {
            return None;
        }
        let (settle, ty) = match self.rng.below(3) {
            0 => (format!("let settled: &Vec<i64> = &{name};\n"), Ty::list(Ty::Int)),
            1 => (format!("{name} = Vec::from([{}]);\n", self.typed(&Ty::Int, 1).value()), Ty::list(Ty::Int)),
            _ => (format!("let _ = <Vec<i64>>::len(&{name});\n"), Ty::list(Ty::Int)),
        };
        self.declare(&name, &ty, true, Known::Fully);
        Some(format!("let mut {name} = {value};\n{pause}{{\n{between}}}\n{settle}"))
    }

    pub(crate) fn let_pattern(&mut self, depth: u32) -> String {
        let ty = match self.rng.below(3) {
            0 => Ty::Point,
            1 => Ty::pair(Ty::Int, Ty::pair(Ty::Text, Ty::option(Ty::Int))),
            _ => Ty::pair(Ty::Int, Ty::Text),
        };
        let value = self.typed(&ty, depth);
        let mut bound = Vec::new();
        let pattern = self.irrefutable(&ty, &mut bound);
        self.declare_all(bound, Known::Fully);
        let annotation = if self.rng.chance(25) { format!(": {}", ty.source()) } else { String::new() };
        format!("let {pattern}{annotation} = {};\n", value.value())
    }

    pub(crate) fn let_else(&mut self, depth: u32) -> Option<String> {
        if self.sealed > 0 {
            return None;
        }
        if self.targets.is_empty() && self.rng.chance(50) {
            return None;
        }
        let ty = self.matched_type();
        let value = self.typed(&ty, depth).operand();
        let otherwise = self.scoped(|w| {
            let mut text = if w.rng.chance(30) { w.some_statements(1) } else { String::new() };
            let jump = w.jump(1).unwrap_or_else(|| "return".into());
            text += &jump;
            text
        });
        let mut bound = Vec::new();
        let pattern = self.refutable(&ty, &mut bound);
        self.declare_all(bound, Known::Fully);
        let pattern = if pattern.contains(" | ") { format!("({pattern})") } else { pattern };
        Some(format!("let {pattern} = {value} else {{\n{otherwise};\n}};\n"))
    }

    /// A name for a variable that is not visible to other code yet, so that nothing may hide it.
    pub(crate) fn unique(&mut self, base: &str) -> String {
        self.labels += 1;
        format!("{base}{}", self.labels)
    }

    /// A variable that gets its value in branches.
    pub(crate) fn deferred(&mut self, depth: u32) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let ty = Ty::any(&mut self.rng);
        let name = self.unique("late");
        let before = if self.rng.chance(40) { self.some_statements(1) } else { String::new() };
        let cond = self.expr(&Ty::Bool, depth).condition();
        let mut known = Known::Fully;
        let mut branch = |w: &mut Self| {
            w.scoped(|w| {
                let inside = w.some_statements(depth);
                if w.rng.chance(15)
                    && let Some(jump) = w.jump(depth)
                {
                    return format!("{{\n{inside}{jump};\n}}");
                }
                let value = w.expr(&ty, depth);
                known = known.max(value.known);
                let value = value.value();
                let after = if w.rng.chance(30) { w.some_statements(1) } else { String::new() };
                format!("{{\n{inside}{name} = {value};\n{after}}}")
            })
        };
        let (then, otherwise) = (branch(self), branch(self));
        self.declare(&name, &ty, false, Known::Fully);
        let text = format!("{before}if {cond} {then} else {otherwise}\n");
        let open = known == Known::Fully && !super::jumps::leaves(&text) && self.rng.chance(50);
        let annotation = if open { String::new() } else { format!(": {}", ty.source()) };
        Some(format!("let {name}{annotation};\n{text}"))
    }

    /// A variable whose type only a later use settles.
    pub(crate) fn grown(&mut self, depth: u32) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let inner = Ty::simple(&mut self.rng);
        let name = self.unique("grown");
        let between = self.some_statements(depth);
        let value = self.typed(&inner, depth).value();
        let (first, settle, ty) = match self.rng.below(3) {
            0 => ("Vec::new()", format!("{name}.push({value})"), Ty::list(inner)),
            1 => ("None", format!("{name} = Some({value})"), Ty::option(inner)),
            _ => ("Vec::default()", format!("{name}.extend([{value}])"), Ty::list(inner)),
        };
        self.declare(&name, &ty, true, Known::Fully);
        // What stands behind code that always leaves is not compiled, so it cannot settle a type.
        let annotation =
            if super::jumps::leaves(&between) { format!(": {}", ty.source()) } else { String::new() };
        Some(format!("let mut {name}{annotation} = {first};\n{between}{settle};\n"))
    }
}
