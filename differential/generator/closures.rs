//! Closures: called where they stand, or bound and called before the next await.

use super::Writer;
use super::code::{Code, Known};
use super::types::Ty;

impl Writer {
    fn closure(&mut self, result: &Ty, depth: u32) -> Code {
        let name = self.fresh_name(&[]);
        let body = self.sealed(|w| {
            w.scoped(|w| {
                w.declare(&name, &Ty::Int, false, Known::Fully);
                w.expr(result, depth)
            })
        });
        let known = body.known;
        let annotated = if self.rng.chance(30) {
            format!("|{name}: i64| -> {} {{\n{}\n}}", result.source(), body.leading())
        } else {
            format!("|{name}: i64| {}", body.value())
        };
        Code::operator(annotated).known(known)
    }

    /// A closure that is called at once.
    pub(crate) fn closure_value(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        if *ty == Ty::Unit {
            return None;
        }
        if self.rng.chance(35) {
            return Some(self.ready(ty, depth));
        }
        let closure = self.closure(ty, depth);
        let argument = self.frozen(|w| w.expr(&Ty::Int, depth).value());
        Some(Code::atom(format!("({})({argument})", closure.value())).known(closure.known))
    }

    /// An `async` block without awaits, or a closure with `?`, whose result is there at once.
    fn ready(&mut self, ty: &Ty, depth: u32) -> Code {
        let body = self.sealed(|w| w.scoped(|w| w.expr(ty, depth)));
        let known = body.known;
        let optional = self.pick(|variable| variable.ty == Ty::option(Ty::Int));
        let code = match (self.rng.below(3), optional) {
            (0, Some(optional)) => {
                let name = self.name(optional);
                Code::braced(format!(
                    "{{\nlet inside = || Some({name}? ^ 3);\ntrace!(\"{{:?}}\", inside());\n{}\n}}",
                    body.leading()
                ))
            }
            (1, _) => Code::atom(format!("at_once(async {{ {} }})", body.leading())),
            _ => Code::atom(format!("at_once(async {{\nlet inside = {};\ninside\n}})", body.value())),
        };
        code.known(known)
    }

    /// A closure in a variable.
    pub(crate) fn closure_statement(&mut self, depth: u32) -> Option<String> {
        let ty = Ty::simple(&mut self.rng);
        let closure = self.closure(&ty, depth.min(2));
        let argument = self.opaquely(|w| w.frozen(|w| w.sealed(|w| w.expr(&Ty::Int, 1).value())));
        let name = self.fresh_name(&[]);
        self.declare(&name, &ty, true, closure.known);
        Some(format!("let shift = {};\nlet mut {name} = shift({argument});\n", closure.value()))
    }
}
