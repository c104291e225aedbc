//! Items declared in the body.

use super::Writer;
use super::code::{Code, Known};
use super::types::Ty;

/// A constant or function in scope.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    name: &'static str,
    is_function: bool,
    /// The block that declares it.
    depth: u32,
}

impl Writer {
    pub(crate) fn item(&mut self, depth: u32) -> Option<String> {
        match self.rng.below(8) {
            0 => return Some(self.local_struct(depth)),
            1 => return Some(self.local_enum(depth)),
            2 => return Some(self.local_macro(depth)),
            3 => return Some(self.import(depth)),
            _ => {}
        }
        let is_function = self.rng.chance(50);
        let name = *self.rng.one_of(if is_function { &["half", "twice"] } else { &["K", "LIMIT"] });
        if self.items.iter().any(|item| item.name == name && item.depth == self.depth) {
            return None;
        }
        self.items.push(Item { name, is_function, depth: self.depth });
        let number = self.rng.below(9);
        Some(if is_function {
            format!("fn {name}(a: i64) -> i64 {{\na.wrapping_mul({number})\n}}\n")
        } else {
            format!("const {name}: i64 = {number};\n")
        })
    }

    /// A use of an item.
    pub(crate) fn item_value(&mut self, depth: u32) -> Option<Code> {
        let count = u32::try_from(self.items.len()).ok().filter(|count| *count > 0)?;
        let item = self.items[self.rng.below(count) as usize].clone();
        if !item.is_function {
            return Some(Code::atom(item.name));
        }
        let argument = self.expr(&Ty::Int, depth).value();
        Some(Code::atom(format!("{}({argument})", item.name)))
    }

    /// A struct that only the body knows, with a value that lives across an await.
    fn local_struct(&mut self, depth: u32) -> String {
        self.labels += 1;
        let (name, variable) = (format!("Local{}", self.labels), format!("local{}", self.labels));
        let value = self.expr(&Ty::Int, depth).value();
        let pause = self.pause().unwrap_or_default();
        let read = self.fresh_name(&[]);
        self.declare(&read, &Ty::Int, false, Known::Fully);
        format!(
            "#[derive(Debug, Clone, Serialize, Deserialize)]\nstruct {name} {{\nn: i64,\n}}\n\
            let {variable} = {name} {{ n: {value} }};\n{pause}\
            trace!(\"{{{variable}:?}}\");\nlet {read} = {variable}.n;\n"
        )
    }

    /// An enum that only the body knows, with methods, matched behind an await.
    fn local_enum(&mut self, depth: u32) -> String {
        let (name, variable) = (self.unique("Kind"), self.unique("kind"));
        let value = self.expr(&Ty::Int, depth).value();
        let pause = self.pause().unwrap_or_default();
        let (read, inside) = (self.fresh_name(&[]), self.fresh_name(&[]));
        let (with, without) = (
            self.scoped(|w| {
                w.declare(&inside, &Ty::Int, false, Known::Fully);
                w.expr(&Ty::Int, depth).value()
            }),
            self.expr(&Ty::Int, depth).value(),
        );
        self.declare(&read, &Ty::Int, false, Known::Fully);
        format!(
            "let {variable} = {name}::of({value});\n{pause}\
            let {read}: i64 = match {variable} {{\n{name}::Some({inside}) => {with},\n{name}::None => {without},\n}};\n\
            #[derive(Serialize, Deserialize)]\nenum {name} {{\nSome(i64),\nNone,\n}}\n\
            impl {name} {{\nfn of(n: i64) -> Self {{\nif n > 2 {{\nSelf::Some(n)\n}} else {{\nSelf::None\n}}\n}}\n}}\n"
        )
    }

    /// A type that the body imports, under another name.
    fn import(&mut self, depth: u32) -> String {
        let (name, variable) = (self.unique("Map"), self.unique("map"));
        let value = self.expr(&Ty::Int, depth).value();
        let pause = self.pause().unwrap_or_default();
        let read = self.fresh_name(&[]);
        self.declare(&read, &Ty::Int, false, Known::Fully);
        format!(
            "use std::collections::BTreeMap as {name};\n\
            let mut {variable}: {name}<i64, i64> = {name}::new();\n{variable}.insert(1, {value});\n{pause}\
            let {read}: i64 = {variable}.values().sum();\n"
        )
    }

    /// A macro of the body's own. It takes an expression, and the compiler does not know that.
    fn local_macro(&mut self, depth: u32) -> String {
        let name = self.unique("stepped");
        let argument = self.opaquely(|w| w.frozen(|w| w.typed(&Ty::Int, depth.min(2)).operand()));
        let argument = if super::jumps::jumps(&argument) { "3i64".to_owned() } else { argument };
        let read = self.fresh_name(&[]);
        self.declare(&read, &Ty::Int, true, Known::Fully);
        format!(
            "macro_rules! {name} {{\n($value:expr) => {{\n$value ^ 1\n}};\n}}\n\
            let mut {read} = {name}!({argument});\n"
        )
    }
}
