//! The variables in scope, and what may be done with them so that the plain version passes the borrow checker.

use super::Writer;
use super::code::{Code, Known};
use super::types::Ty;

/// Few names, so that they shadow one another; among them some that the compiler might use itself.
const NAMES: [&str; 18] = [
    "a",
    "b",
    "c",
    "n",
    "s",
    "v",
    "x",
    "y",
    "acc",
    "found",
    "value",
    "state",
    "step",
    "entry",
    "output",
    "number_output",
    "r#type",
    "item",
];

#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) mutable: bool,
    pub(crate) known: Known,
    /// How many loops and closures were around its declaration: it can be moved only as deep as this.
    loops: u32,
    moved: bool,
    /// Something borrows it.
    pub(crate) locked: u32,
}

/// What a pattern binds.
pub(crate) struct Bound {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) mutable: bool,
}

impl Writer {
    /// A name that the pattern at hand does not bind yet.
    pub(crate) fn fresh_name(&mut self, taken: &[Bound]) -> String {
        loop {
            let name = *self.rng.one_of(&NAMES);
            if !taken.iter().any(|bound| bound.name == name) {
                return name.to_owned();
            }
        }
    }

    pub(crate) fn declare(&mut self, name: &str, ty: &Ty, mutable: bool, known: Known) {
        self.variables.push(Variable {
            name: name.to_owned(),
            ty: ty.clone(),
            mutable,
            known,
            loops: self.loops,
            moved: false,
            locked: 0,
        });
    }

    pub(crate) fn declare_all(&mut self, bound: Vec<Bound>, known: Known) {
        for Bound { name, ty, mutable } in bound {
            self.declare(&name, &ty, mutable, known);
        }
    }

    /// Runs `body` in a scope of its own.
    pub(crate) fn scoped<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let (variables, items) = (self.variables.len(), self.items.len());
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        self.variables.truncate(variables);
        self.items.truncate(items);
        result
    }

    /// Runs `body` while the variable is borrowed.
    pub(crate) fn locking<R>(&mut self, variable: usize, body: impl FnOnce(&mut Self) -> R) -> R {
        self.variables[variable].locked += 1;
        let result = body(self);
        self.variables[variable].locked -= 1;
        result
    }

    /// Runs `body` where no variable may change.
    pub(crate) fn frozen<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        self.frozen += 1;
        let result = body(self);
        self.frozen -= 1;
        result
    }

    /// The variables that can be read, by index.
    pub(crate) fn readable(&self, wanted: impl Fn(&Variable) -> bool) -> Vec<usize> {
        let visible = |index: &usize| {
            let name = &self.variables[*index].name;
            !self.variables[index + 1..].iter().any(|later| later.name == *name)
        };
        (0..self.variables.len())
            .filter(visible)
            .filter(|index| !self.variables[*index].moved && wanted(&self.variables[*index]))
            .collect()
    }

    /// One that can be read, the later ones rather than the earlier.
    pub(crate) fn pick(&mut self, wanted: impl Fn(&Variable) -> bool) -> Option<usize> {
        let found = self.readable(wanted);
        let count = u32::try_from(found.len()).ok().filter(|count| *count > 0)?;
        let (one, other) = (self.rng.below(count), self.rng.below(count));
        found.get(one.max(other) as usize).copied()
    }

    /// One that can be changed.
    pub(crate) fn pick_mutable(&mut self, wanted: impl Fn(&Variable) -> bool) -> Option<usize> {
        if self.frozen > 0 {
            return None;
        }
        self.pick(|variable| variable.mutable && variable.locked == 0 && wanted(variable))
    }

    pub(crate) fn name(&self, variable: usize) -> String {
        self.variables[variable].name.clone()
    }

    /// A variable's value: a copy, a clone, or now and then the variable itself, which is then gone.
    pub(crate) fn take(&mut self, index: usize) -> Code {
        let variable = &self.variables[index];
        let (name, known) = (variable.name.clone(), variable.known);
        if variable.ty.is_copy() {
            return Code::atom(name).known(known);
        }
        let may_move = variable.loops == self.loops && variable.locked == 0 && self.frozen == 0;
        if may_move && self.rng.chance(30) {
            self.variables[index].moved = true;
            return Code::atom(name).known(known);
        }
        Code::atom(format!("{name}.clone()")).known(known)
    }

    /// A whole new value arrived in a variable.
    pub(crate) fn refill(&mut self, index: usize) {
        self.variables[index].moved = false;
    }
}
