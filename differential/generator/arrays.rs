//! Arrays: places with an index, which Rust evaluates at its own time.

use super::Writer;
use super::code::Known;
use super::types::Ty;

impl Writer {
    /// An array that is changed and read at places that are computed, with awaits on either side.
    pub(crate) fn array(&mut self, depth: u32) -> String {
        let name = self.unique("array");
        let items: Vec<String> = (0..3).map(|_| self.expr(&Ty::Int, depth.min(1)).value()).collect();
        let mut text = format!("let mut {name}: [i64; 3] = [{}];\n", items.join(", "));
        for _ in 0..=self.rng.below(2) {
            text += &self.array_change(&name, depth);
        }
        let pause = if self.rng.chance(40) { self.pause().unwrap_or_default() } else { String::new() };
        text += &pause;
        let operator = *self.rng.one_of(&["+", "-", "^", "*"]);
        let value = match self.rng.below(3) {
            0 => {
                let other = self.expr(&Ty::Int, depth).operand();
                format!("{other} {operator} {name}[{}]", self.index(depth))
            }
            1 => {
                let index = self.index(depth);
                format!("i64::from({name}[{index}] < {})", self.expr(&Ty::Int, depth).operand())
            }
            _ => {
                let index = self.index(depth);
                format!("{name}[{index}] {operator} {}", self.expr(&Ty::Int, depth).operand())
            }
        };
        let (first, second) = (self.fresh_name(&[]), self.unique("last"));
        self.declare(&first, &Ty::Int, true, Known::Fully);
        self.declare(&second, &Ty::Int, false, Known::Fully);
        format!("{text}let mut {first} = {value};\nlet [_, .., {second}] = {name};\n")
    }

    /// What is assigned is evaluated before the place that it goes to.
    fn array_change(&mut self, name: &str, depth: u32) -> String {
        if self.rng.chance(20) {
            let pair = self.typed(&Ty::pair(Ty::Int, Ty::Int), depth).value();
            // Nothing is awaited in one of several places, and nothing leaves it.
            let (first, second) = (self.opaquely(|w| w.sealed(|w| w.index(depth))), self.index(0));
            return format!("({name}[{first}], {name}[{second}]) = {pair};\n");
        }
        let value = self.expr(&Ty::Int, depth).value();
        let index = self.index(depth);
        match self.rng.below(4) {
            0 | 1 => format!("{name}[{index}] = {value};\n"),
            2 => format!("{name}[{index}] += {value};\n"),
            _ => format!("{name} = [{value}, {name}[{index}], {name}[0]];\n"),
        }
    }

    fn index(&mut self, depth: u32) -> String {
        format!("{}.unsigned_abs() as usize % 3", self.typed(&Ty::Int, depth).operand())
    }
}
