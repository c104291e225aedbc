//! An expression of a given type: a leaf, or one of the constructs of the type's own file, or of those for any type.

use super::code::{Code, Known};
use super::types::Ty;
use super::{Maker, Writer};

impl Writer {
    /// An expression, at most `depth` levels deep.
    pub(crate) fn expr(&mut self, ty: &Ty, depth: u32) -> Code {
        self.budget -= 1;
        if depth == 0 || self.budget < -12 {
            return self.leaf(ty);
        }
        for _ in 0..4 {
            let made = match self.rng.below(10) {
                0 | 1 => Some(self.leaf(ty)),
                2..5 => self.awaited(ty, depth - 1),
                5 => self.flow_value(ty, depth - 1),
                _ => self.own_kind(ty, depth - 1),
            };
            if let Some(code) = made {
                return code;
            }
        }
        self.leaf(ty)
    }

    /// Something without parts.
    pub(crate) fn leaf(&mut self, ty: &Ty) -> Code {
        if self.rng.chance(30)
            && let Some(code) = self.behind_reference(ty)
        {
            return code;
        }
        if self.rng.chance(75)
            && let Some(variable) = self.pick(|variable| variable.ty == *ty)
        {
            return self.take(variable);
        }
        self.literal(ty)
    }

    fn own_kind(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        let table: &[Maker] = match ty {
            Ty::Unit => return Some(Code::atom("()")),
            Ty::Int => super::ints::MAKERS,
            Ty::Bool => super::bools::MAKERS,
            Ty::Text => super::texts::MAKERS,
            Ty::Option(_) => super::containers::OPTIONS,
            Ty::List(_) => super::containers::LISTS,
            Ty::Pair(..) => super::containers::PAIRS,
            Ty::Result(_) => super::records::RESULTS,
            Ty::Point => super::records::POINTS,
            Ty::Shape => super::records::SHAPES,
            Ty::Failure | Ty::Boxed | Ty::Borrowed(_) => return None,
        };
        let maker = *self.rng.one_of(table);
        maker(self, ty, depth)
    }

    /// A value without variables.
    pub(crate) fn literal(&mut self, ty: &Ty) -> Code {
        match ty {
            Ty::Unit => Code::atom("()"),
            Ty::Int => self.int_literal(),
            Ty::Bool if self.rng.chance(60) => {
                let (left, right) = (self.leaf(&Ty::Int), self.leaf(&Ty::Int));
                Code::operator(format!("{} < {}", left.operand(), right.operand()))
            }
            Ty::Bool => Code::atom(*self.rng.one_of(&["true", "false"])),
            Ty::Text => Code::atom(*self.rng.one_of(&[
                "String::new()",
                "\"lit\".to_owned()",
                "String::from(\"{{}}\")",
                "\"two words\".to_string()",
            ])),
            Ty::Option(inner) => {
                if self.rng.chance(40) {
                    return Code::atom("None").known(Known::Open);
                }
                let inner = self.literal(inner);
                Code::atom(format!("Some({})", inner.value())).known(inner.known)
            }
            Ty::List(inner) => {
                let count = self.rng.below(4);
                if count == 0 {
                    return Code::atom("Vec::new()").known(Known::Open);
                }
                let items: Vec<Code> = (0..count).map(|_| self.literal(inner)).collect();
                let known = items.iter().map(|item| item.known).max().unwrap_or(Known::Open);
                let items: Vec<String> = items.iter().map(Code::value).collect();
                Code::atom(format!("vec![{}]", items.join(", "))).known(known)
            }
            Ty::Pair(first, second) => {
                let (first, second) = (self.literal(first), self.literal(second));
                Code::atom(format!("({}, {})", first.value(), second.value()))
                    .known(first.known.max(second.known))
            }
            Ty::Result(inner) => {
                let inner = self.literal(inner);
                Code::atom(format!("Ok({})", inner.value())).known(Known::Open)
            }
            Ty::Failure => Code::atom("Failure::Late"),
            Ty::Point => Code::record("Point { x: 4, label: String::from(\"p\") }"),
            Ty::Shape => {
                Code::atom(*self.rng.one_of(&["Shape::Dot", "Shape::Line(3)", "Shape::Perhaps(None)"]))
            }
            Ty::Boxed => Code::atom("Box::new(Shape::Dot)"),
            Ty::Borrowed(inner) => Code::operator(format!("&{}", self.literal(inner).operand())),
        }
    }

    /// A value whose type rustc knows from the expression alone, to call methods on.
    pub(crate) fn typed(&mut self, ty: &Ty, depth: u32) -> Code {
        let code = self.expr(ty, depth);
        if code.known == Known::Fully {
            return code;
        }
        match ty {
            Ty::Int => Code::operator(format!("{} as i64", code.operand())),
            Ty::Unit
            | Ty::Bool
            | Ty::Text
            | Ty::Failure
            | Ty::Point
            | Ty::Shape
            | Ty::Boxed
            | Ty::Borrowed(_) => code,
            Ty::Option(_) | Ty::List(_) | Ty::Pair(..) | Ty::Result(_) => self.converted(ty, &code),
        }
    }

    fn converted(&mut self, ty: &Ty, code: &Code) -> Code {
        if self.rng.chance(50) {
            Code::atom(format!("<{}>::from({})", ty.source(), code.value()))
        } else {
            Code::braced(format!("{{\nlet typed: {} = {};\ntyped\n}}", ty.source(), code.value()))
        }
    }

    /// Something to look at without taking it: a variable, or a value. The flag is the variable's index.
    pub(crate) fn looked_at(&mut self, ty: &Ty, depth: u32) -> (String, Option<usize>) {
        if self.rng.chance(60)
            && let Some(variable) = self.pick(|variable| variable.ty == *ty && variable.known == Known::Fully)
        {
            return (self.name(variable), Some(variable));
        }
        (self.typed(ty, depth).operand(), None)
    }

    /// Writes code while the receiver, if it is a variable, is borrowed.
    pub(crate) fn behind<R>(&mut self, receiver: Option<usize>, body: impl FnOnce(&mut Self) -> R) -> R {
        match receiver {
            Some(variable) => self.locking(variable, body),
            None => body(self),
        }
    }
}
