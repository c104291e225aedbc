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
                _ => format!("{}.2", self.three()),
            },
            Ty::Text => match self.rng.below(2) {
                0 => format!("{}.1", self.joined()),
                _ => format!("{}.1.1", self.three()),
            },
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

    /// One inside another, with a signal.
    fn three(&mut self) -> String {
        let (flag, text) = (self.leaf(&Ty::Int).value(), self.leaf(&Ty::Text).value());
        format!("join!(flag({flag}), join!(sleep!(90s), text({text})), signal!(\"int-go\" as i64)).await")
    }

    fn tried(&mut self) -> String {
        let (one, other) = (self.leaf(&Ty::Int).value(), self.leaf(&Ty::Int).value());
        let side = self.rng.below(2);
        format!("try_join!(try_number({one}), descend({other})).await?.{side}")
    }

    fn each(&mut self) -> String {
        let items = self.leaf(&Ty::list(Ty::Int)).value();
        let max = *self.rng.one_of(&["", ", max = 1", ", max = 2"]);
        match self.rng.below(4) {
            0 if self.can_try() => format!("try_join_all!(item in {items} => try_number(item){max}).await?"),
            1 => {
                let by = self.frozen(|w| w.leaf(&Ty::Int).value());
                format!("join_all!(item in {items} => add(item, {by}){max}).await")
            }
            2 => format!("join_all!((p, q) in {items}.into_iter().zip(3i64..) => add(p, q){max}).await"),
            _ => format!("join_all!(item in {items} => number(item){max}).await"),
        }
    }
}
