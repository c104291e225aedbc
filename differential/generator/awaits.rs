//! Awaits: tasks, signals, timers, children.

use super::Writer;
use super::code::{Code, Known};
use super::types::Ty;

/// A callee with the types of its arguments.
type Callee = (&'static str, &'static [Ty]);

impl Writer {
    /// Something durable that yields this type, with its `.await`.
    pub(crate) fn awaited(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        if !self.can_await() {
            return None;
        }
        self.awaits += 1;
        if self.rng.chance(10)
            && let Some(code) = self.combined(ty)
        {
            return Some(code);
        }
        let made = match self.rng.below(24) {
            0 => self.spawned(ty),
            1..5 => self.signal(ty),
            5 | 6 => self.signal_within(ty, depth),
            7 | 8 => self.fallible(ty, depth),
            _ => self.call(ty, depth),
        };
        if made.is_none() {
            self.awaits -= 1;
        }
        made
    }

    fn call(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        const INT: Ty = Ty::Int;
        const TEXT: Ty = Ty::Text;
        let callees: &[Callee] = match ty {
            Ty::Unit => &[("nothing", &[])],
            Ty::Int => &[("number", &[INT]), ("add", &[INT, INT]), ("gather", &[INT])],
            Ty::Bool => &[("flag", &[INT])],
            Ty::Text => &[("text", &[TEXT]), ("join_texts", &[TEXT, TEXT])],
            Ty::Option(inner) if **inner == INT => &[("maybe", &[INT])],
            Ty::Option(inner) if **inner == TEXT => &[("maybe_text", &[TEXT])],
            Ty::List(inner) if **inner == INT => &[("list", &[INT])],
            Ty::Pair(first, second) if **first == INT && **second == TEXT => &[("pair", &[INT])],
            Ty::Result(inner) if **inner == INT => &[("try_number", &[INT]), ("descend", &[INT])],
            Ty::Point => &[("point", &[INT, TEXT])],
            Ty::Shape => &[("shape", &[INT])],
            Ty::Option(_)
            | Ty::List(_)
            | Ty::Pair(..)
            | Ty::Result(_)
            | Ty::Failure
            | Ty::Boxed
            | Ty::Borrowed(_) => return None,
        };
        if let Some(fuel) = self.child
            && *ty == Ty::result(INT)
            && self.rng.chance(60)
        {
            return Some(self.kid(fuel, depth));
        }
        let (name, types) = *self.rng.one_of(callees);
        let arguments: Vec<String> = types.iter().map(|ty| self.expr(ty, depth).value()).collect();
        Some(Code::atom(format!("{name}({}).await", arguments.join(", "))))
    }

    /// The child workflow, as long as there is fuel for it.
    fn kid(&mut self, fuel: &str, depth: u32) -> Code {
        let n = self.expr(&Ty::Int, depth).value();
        let pair = self.expr(&Ty::pair(Ty::Text, Ty::Bool), depth).value();
        let call = format!("kid({fuel}, {n}, {pair}).await");
        if fuel.contains("fuel") {
            let otherwise = self.call(&Ty::result(Ty::Int), 0).map_or_else(String::new, |code| code.value());
            return Code::braced(format!("if fuel > 0 {{\n{call}\n}} else {{\n{otherwise}\n}}"));
        }
        Code::atom(call)
    }

    fn signal_name(&mut self, ty: &Ty) -> Option<String> {
        let kind = match ty {
            Ty::Int => "int",
            Ty::Bool => "bool",
            Ty::Text => "text",
            Ty::Option(inner) if **inner == Ty::Int => "maybe",
            Ty::List(inner) if **inner == Ty::Int => "list",
            Ty::Point => "point",
            Ty::Unit
            | Ty::Option(_)
            | Ty::List(_)
            | Ty::Pair(..)
            | Ty::Result(_)
            | Ty::Failure
            | Ty::Shape
            | Ty::Boxed
            | Ty::Borrowed(_) => return None,
        };
        let which = *self.rng.one_of(&["go", "stop", "again"]);
        Some(format!("{kind}-{which}"))
    }

    /// Now and then, only what arrives from now on.
    fn fresh(&mut self) -> &'static str {
        if self.rng.chance(15) { ", fresh" } else { "" }
    }

    fn signal(&mut self, ty: &Ty) -> Option<Code> {
        let name = self.signal_name(ty)?;
        let (ty, fresh) = (ty.source(), self.fresh());
        if self.rng.chance(15) {
            return Some(Code::atom(format!("signal!(\"{name}\" as Received<{ty}>{fresh}).await.payload")));
        }
        Some(Code::atom(format!("signal!(\"{name}\" as {ty}{fresh}).await")))
    }

    fn signal_within(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        let name = self.signal_name(ty)?;
        let limit = *self.rng.one_of(&["48h", "5m", "90s", "2d"]);
        let wait = format!("signal!(\"{name}\" as {}, {limit}{}).await", ty.source(), self.fresh());
        Some(match self.rng.below(4) {
            0 | 1 if self.can_try() => Code::atom(format!("{wait}?")),
            0 | 1 => Code::atom(format!("{wait}.unwrap_or({})", self.literal(ty).value())),
            2 => {
                let late = self.expr(ty, depth);
                let mut text = format!("match {wait} {{\nOk(reply) => reply,\nErr(_late) => ");
                text += &format!("{},\n}}", late.value());
                Code::braced(text)
            }
            _ => {
                let otherwise = self.expr(ty, depth).value();
                Code::atom(format!("{wait}.unwrap_or({otherwise})"))
            }
        })
    }

    /// A fallible task whose error is converted or replaced.
    fn fallible(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        let call = match ty {
            Ty::Int => format!("try_number({}).await", self.expr(&Ty::Int, depth).value()),
            Ty::Text => format!("try_text({}).await", self.expr(&Ty::Text, depth).value()),
            _ => return None,
        };
        if self.can_try() && self.rng.chance(70) {
            return Some(Code::atom(format!("{call}?")));
        }
        let otherwise = self.expr(ty, depth).value();
        Some(Code::atom(format!("{call}.unwrap_or({otherwise})")))
    }

    /// A `let` whose annotation gives a signal its payload.
    pub(crate) fn annotated_signal(&mut self, name: &str, ty: &Ty) -> Option<String> {
        if !self.can_await() {
            return None;
        }
        let signal = self.signal_name(ty)?;
        self.awaits += 1;
        self.declare(name, ty, false, Known::Fully);
        let ty = ty.source();
        if self.can_try() && self.rng.chance(50) {
            return Some(format!("let {name}: {ty} = signal!(\"{signal}\", 3h).await?;\n"));
        }
        Some(format!("let {name}: {ty} = signal!(\"{signal}\").await;\n"))
    }

    /// A wait for a moment or for nothing in particular.
    pub(crate) fn pause(&mut self) -> Option<String> {
        if !self.can_await() {
            return None;
        }
        self.awaits += 1;
        if self.rng.chance(20) {
            return Some(self.until());
        }
        let pause = *self.rng.one_of(&["sleep!(5m).await;\n", "nothing().await;\n", "sleep!(2d).await;\n"]);
        Some(pause.to_owned())
    }
}
