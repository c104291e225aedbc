//! Operations that wait for several things at once: `join!` and its kind. Their arguments do not await.

use super::Writer;
use super::code::Code;
use super::types::Ty;

impl Writer {
    /// An await of several operations that gives this type.
    pub(crate) fn combined(&mut self, ty: &Ty) -> Option<Code> {
        let pair = Ty::pair(Ty::Int, Ty::Text);
        let text = match ty {
            Ty::Int => match self.rng.below(3) {
                0 => format!("{}.0", self.joined()),
                1 if self.can_try() => self.tried(),
                _ => self.selected(),
            },
            Ty::Text => format!("{}.1", self.joined()),
            Ty::List(inner) if **inner == Ty::Int => self.each(),
            ty if *ty == pair => self.joined(),
            _ => return None,
        };
        Some(Code::atom(text))
    }

    fn joined(&mut self) -> String {
        let (number, text) = (self.leaf(&Ty::Int).value(), self.leaf(&Ty::Text).value());
        format!("join!(number({number}), text({text})).await")
    }

    fn tried(&mut self) -> String {
        let (one, other) = (self.leaf(&Ty::Int).value(), self.leaf(&Ty::Int).value());
        let side = self.rng.below(2);
        format!("try_join!(try_number({one}), descend({other})).await?.{side}")
    }

    fn each(&mut self) -> String {
        let items = self.leaf(&Ty::list(Ty::Int)).value();
        let max = *self.rng.one_of(&["", ", max = 1", ", max = 2"]);
        format!("join_all!(item in {items} => number(item){max}).await")
    }

    fn selected(&mut self) -> String {
        let (one, other) = (self.leaf(&Ty::Int).value(), self.leaf(&Ty::Int).value());
        format!("select! {{ found = number({one}) => found, _flagged = flag({other}) => 7i64 }}.await")
    }
}
