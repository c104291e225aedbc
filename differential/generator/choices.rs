//! `select!`: an arm that is first to be ready, and what it leads to. The arms are code of the body: they await, jump, return.

use super::Writer;
use super::code::{Code, Known};
use super::scope::Bound;
use super::types::Ty;

/// An arm's pattern with what it binds, and its operation.
struct Chance {
    pattern: String,
    bound: Vec<Bound>,
    operation: String,
}

impl Chance {
    /// One that never comes.
    fn silent() -> Self {
        Self { pattern: "_".into(), bound: Vec::new(), operation: "signal!(\"never-int\" as i64)".into() }
    }
}

impl Writer {
    /// A value that the first arm decides.
    pub(crate) fn selected(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        let mut known = Known::Fully;
        let arms = self.arms(|w, last| {
            let (body, arm) = w.arm_value(ty, depth, !last);
            known = known.max(arm);
            body
        })?;
        Some(Code::operator(format!("select! {{\n{arms}}}.await")).known(known))
    }

    /// One without a value.
    pub(crate) fn select_statement(&mut self, depth: u32) -> Option<String> {
        let arms = self.arms(|w, _| w.arm_body(depth))?;
        Some(format!("select! {{\n{arms}}}.await;\n"))
    }

    fn arms(&mut self, mut body: impl FnMut(&mut Self, bool) -> String) -> Option<String> {
        if !self.can_await() {
            return None;
        }
        self.awaits += 1;
        let count = 2 + self.rng.below(2);
        let chances: Vec<Chance> = (0..count).map(|_| self.raced()).collect();
        // Some arm has to be ready at some time.
        let silent = self.rng.below(count);
        let mut arms = String::new();
        for (index, chance) in (0..count).zip(chances) {
            let Chance { pattern, bound, operation } = if index < silent { Chance::silent() } else { chance };
            let text = self.scoped(|w| {
                w.declare_all(bound, Known::Fully);
                body(w, index + 1 == count)
            });
            let comma = if text.ends_with(',') { "" } else { "," };
            arms += &format!("{pattern} = {operation} => {text}{comma}\n");
        }
        Some(arms)
    }

    /// An operation that others race with. Its arguments do not await.
    fn raced(&mut self) -> Chance {
        let (operation, ty) = match self.rng.below(8) {
            0 => (format!("number({})", self.leaf(&Ty::Int).value()), Ty::Int),
            1 => (format!("descend({})", self.leaf(&Ty::Int).value()), Ty::result(Ty::Int)),
            2 => (format!("shape({})", self.leaf(&Ty::Int).value()), Ty::Shape),
            3 => (format!("pair({})", self.leaf(&Ty::Int).value()), Ty::pair(Ty::Int, Ty::Text)),
            4 => ("signal!(\"point-go\" as Point, fresh)".to_owned(), Ty::Point),
            5 => ("signal!(\"text-stop\" as String)".to_owned(), Ty::Text),
            6 => {
                let (n, s) = (self.leaf(&Ty::Int).value(), self.leaf(&Ty::Text).value());
                (format!("join!(gather({n}), text({s}))"), Ty::pair(Ty::Int, Ty::Text))
            }
            _ => (format!("sleep!({})", self.rng.one_of(&["5m", "2d"])), Ty::Unit),
        };
        let (pattern, bound) = self.arm_pattern(&ty, false);
        Chance { pattern, bound, operation }
    }
}
